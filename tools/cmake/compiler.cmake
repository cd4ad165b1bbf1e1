# One compiler, one set of flags. gcc 12 turns ordinary coroutine expressions into double frees
# (a capturing lambda, a temporary aggregate or ?: beside co_await), so only clang is taken.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR
    "Tusk needs clang 19 (found ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}): gcc 12 "
    "miscompiles coroutines. Configure with: cmake --preset debug")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

set(DFS_SANITIZER "" CACHE STRING "none, asan (address and undefined) or tsan")

set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wthread-safety -Wunused -Werror
                    -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
                    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
if(DFS_SANITIZER STREQUAL "asan")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(DFS_SANITIZER STREQUAL "tsan")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()

find_program(DFS_MOLD NAMES mold ld.mold)
if(DFS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(DFS_CCACHE ccache)
if(DFS_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${DFS_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${DFS_CCACHE})
endif()
include_directories(${CMAKE_SOURCE_DIR})
