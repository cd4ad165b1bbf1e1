#pragma once

#include "namenode/image/image_file.h"
#include "namenode/journal/storage_version.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// Writes the image of one moment of the tables, whose last transaction is `last`, to `image`. Memory grows with the
// largest directory, the number of users, groups and attribute names, and of what was renamed after a snapshot, not
// with the namespace. The caller ends the file. kUnsupported names the path of what an image cannot hold.
Result<void> export_image(const View& view, TransactionId last, const StorageVersion& version, ImageWriter& image);

}  // namespace dfs::namenode
