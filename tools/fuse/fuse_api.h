#pragma once

// The version of libfuse's interface that is spoken here (3.12: limits of the thread pool).
#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse3/fuse.h>
