# QWENJET_SANITIZE=address adds ASan and UBSan; =thread adds TSan.
if(QWENJET_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(QWENJET_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(QWENJET_SANITIZE)
  message(FATAL_ERROR "QWENJET_SANITIZE: expected empty, address or thread, got ${QWENJET_SANITIZE}")
endif()
if(QWENJET_SANITIZE)
  # GCC's flow analysis sees the instrumentation and reports what is not there; the release build
  # keeps the warning. Light optimisation compiles in half the time and keeps stacks readable.
  add_compile_options(-Wno-maybe-uninitialized)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1" CACHE STRING "" FORCE)
endif()
