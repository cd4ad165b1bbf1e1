#pragma once

#include "namenode/image/image_file.h"
#include "namenode/journal/storage_version.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

struct ImportedImage {
  TransactionId last = kNoTransaction;  // that the image holds
  uint64_t inode_count = 0;
};

// Puts what the image holds into `into`, which is empty, and flushes nothing; what quotas count is left to
// count_everything(). `scratch` is empty too and worthless afterwards: there lies what is known of an inode before its
// own message comes, so that memory does not grow with the image. kUnsupported names what we do not have: nothing that
// an image holds is dropped. kCorruptFormat where its parts do not fit together.
Result<ImportedImage> import_image(ImageReader& image, const StorageVersion& version, Tables& into, Tables& scratch);

// Where the head of a section lies in kMeta that means nothing to us but has to be in the images that we write.
std::string kept_section_key(std::string_view section);

}  // namespace dfs::namenode
