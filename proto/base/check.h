#pragma once

namespace dfs {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

// A broken invariant is not an error: the process ends, in every build (DFS_CHECK) or in debug builds (DFS_DCHECK).
#define DFS_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::dfs::check_failed(#condition, __FILE__, __LINE__))
#ifdef NDEBUG
#define DFS_DCHECK(condition) void(sizeof(static_cast<bool>(condition)))
#else
#define DFS_DCHECK(condition) DFS_CHECK(condition)
#endif
