#pragma once

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

namespace dfs::simulation {

// The function of that name that this binary's own one hides.
template <class F>
F* real_call(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (!found) {
    std::fprintf(stderr, "no %s to call\n", name);
    std::abort();
  }
  return reinterpret_cast<F*>(found);
}

}  // namespace dfs::simulation

// In a function that hides NAME: the hidden one.
#define DFS_REAL(NAME)                                                          \
  (*[] {                                                                        \
    static auto* const f = dfs::simulation::real_call<decltype(::NAME)>(#NAME); \
    return f;                                                                   \
  }())
