// SPDX-License-Identifier: Apache-2.0
// Keeps exceptions working on glibc 2.34 when the unwinder is linked in statically. libgcc of GCC
// 12 and newer, built against glibc 2.35 or newer, asks _dl_find_object for the unwind tables of a
// code address; this is that function over dl_iterate_phdr, hidden in the library that links it.
// Used by the C API's library and by the JNI glue.
#include <dlfcn.h>
#include <link.h>

#include <cstdint>

// Present in <dlfcn.h> when libgcc was built to call _dl_find_object.
#ifdef DLFO_STRUCT_HAS_EH_DBASE

namespace {

struct Search {
  uintptr_t address;
  dl_find_object* found;
};

int VisitObject(dl_phdr_info* info, size_t, void* data) {
  auto* search = static_cast<Search*>(data);
  uintptr_t begin = UINTPTR_MAX;
  uintptr_t end = 0;
  uintptr_t eh_frame = 0;
  bool holds_address = false;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const uintptr_t from = info->dlpi_addr + segment.p_vaddr;
    const uintptr_t to = from + segment.p_memsz;
    if (segment.p_type == PT_GNU_EH_FRAME) eh_frame = from;
    if (segment.p_type != PT_LOAD) continue;
    if (from < begin) begin = from;
    if (to > end) end = to;
    if (search->address >= from && search->address < to) holds_address = true;
  }
  if (!holds_address || eh_frame == 0) return 0;
  *search->found = {};
  search->found->dlfo_map_start = reinterpret_cast<void*>(begin);
  search->found->dlfo_map_end = reinterpret_cast<void*>(end);
  search->found->dlfo_eh_frame = reinterpret_cast<void*>(eh_frame);
  return 1;
}

}  // namespace

extern "C" __attribute__((visibility("hidden"))) int _dl_find_object(
    void* address, dl_find_object* found) noexcept {
  Search search{reinterpret_cast<uintptr_t>(address), found};
  return dl_iterate_phdr(&VisitObject, &search) == 1 ? 0 : -1;
}

#endif  // DLFO_STRUCT_HAS_EH_DBASE
