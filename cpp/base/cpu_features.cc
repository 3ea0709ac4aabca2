// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_features.h"

#include <unistd.h>

#include <array>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#endif

namespace qwenjet {
namespace {

constexpr std::array<const char*, kNumIsas> kNames = {"portable",    "avx2",        "avx512",
                                                      "avx512-vnni", "avx512-bf16", "amx"};

#if defined(__x86_64__)
struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers Cpuid(uint32_t leaf, uint32_t subleaf) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

bool IsIntel() {
  const Registers r = Cpuid(0, 0);
  return r.ebx == 0x756e6547 && r.edx == 0x49656e69 && r.ecx == 0x6c65746e;  // "GenuineIntel"
}

bool Bit(uint32_t word, int bit) { return ((word >> bit) & 1u) != 0; }

uint64_t SavedStates() {
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
}

// Linux hands out the 8 KB tile state only to processes that ask (arch_prctl
// ARCH_REQ_XCOMP_PERM, feature 18); without it the first tile instruction is a SIGILL.
bool RequestTilePermission() {
  constexpr long kReqXcompPerm = 0x1023, kXfeatureXtiledata = 18;
  return syscall(SYS_arch_prctl, kReqXcompPerm, kXfeatureXtiledata) == 0;
}

Isa Detect() {
  const Registers one = Cpuid(1, 0);
  if (!Bit(one.ecx, 27) || !Bit(one.ecx, 12) || !Bit(one.ecx, 29)) return Isa::kPortable;
  const uint64_t saved = SavedStates();
  const Registers seven = Cpuid(7, 0), seven_one = Cpuid(7, 1);
  constexpr uint64_t kYmm = 0x6, kZmm = 0xe6, kTiles = 0x60000;
  if ((saved & kYmm) != kYmm || !Bit(seven.ebx, 5)) return Isa::kPortable;
  const bool avx512 = (saved & kZmm) == kZmm && Bit(seven.ebx, 16) && Bit(seven.ebx, 17) &&
                      Bit(seven.ebx, 30) && Bit(seven.ebx, 31);
  if (!avx512) return Isa::kAvx2;
  if (!Bit(seven.ecx, 11)) return Isa::kAvx512;
  if (!Bit(seven_one.eax, 5)) return Isa::kAvx512Vnni;
  const bool amx =
      (saved & kTiles) == kTiles && Bit(seven.edx, 22) && Bit(seven.edx, 24) && Bit(seven.edx, 25);
  return amx && RequestTilePermission() ? Isa::kAmx : Isa::kAvx512Bf16;
}
#else
bool IsIntel() { return false; }
Isa Detect() { return Isa::kPortable; }
#endif

}  // namespace

const char* IsaName(Isa isa) { return kNames[static_cast<size_t>(isa)]; }

Isa WidestIsa() {
  static const Isa widest = Detect();
  return widest;
}

Isa BestIsa() {
  static const Isa best =
      WidestIsa() == Isa::kAvx512Bf16 && IsIntel() ? Isa::kAvx512Vnni : WidestIsa();
  return best;
}

int64_t SecondLevelCacheBytes() {
  static const int64_t bytes = [] {
    int64_t found = 0;
#if defined(_SC_LEVEL2_CACHE_SIZE)
    found = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    return found > 0 ? found : int64_t{1} << 20;
  }();
  return bytes;
}

bool IsaSupported(Isa isa) {
  return static_cast<int32_t>(isa) <= static_cast<int32_t>(WidestIsa());
}

}  // namespace qwenjet
