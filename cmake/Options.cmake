# Every build option, with its default.
option(QWENJET_TESTS "Build the native tests" ON)
option(QWENJET_BENCHMARKS "Build the operators' benchmarks" OFF)
set(QWENJET_SANITIZE "" CACHE STRING "Sanitizers: empty, address (with undefined), or thread")
set(QWENJET_AOL "amd64-Linux-gpp" CACHE STRING "Architecture-OS-linker name of the NAR artifact")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Portable baseline: a wider instruction set is chosen at run time, never by the compiler.
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG" CACHE STRING "" FORCE)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
