#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namenode/image/export_image.h"
#include "namenode/image/import_image.h"
#include "namenode/journal/storage_version.h"
#include "namenode/store/tables.h"
#include "proto/io/disk.h"

// Images as files of a NameNode's folder:
//
//   current/fsimage_LAST   current/fsimage_LAST.md5 ("MD5 *fsimage_LAST")
//
// Every call blocks on the disk.
namespace dfs::namenode {

struct ImageFile {
  std::string path;
  TransactionId last = kNoTransaction;  // that it holds
  bool operator==(const ImageFile&) const = default;
};

// Those in the `current` of the folders, newest first. Ones that were never finished are not among them.
Result<std::vector<ImageFile>> list_images(Disk& disk, const std::vector<std::string>& name_directories);

// The newest one whose bytes are those that its MD5 was made of; each that is not is named in the log. Nothing where
// there is no image at all, kCorruptFormat where none is whole.
Result<std::optional<ImageFile>> newest_whole_image(Disk& disk, const std::vector<std::string>& name_directories);

// How tables in a directory of the disk are opened: Tables::open_rocksdb where it is the machine's.
using OpenTables = std::function<Result<std::unique_ptr<Tables>>(const std::string& directory, CacheBytes cache,
                                                                 Tables::DurableGate gate)>;

// Makes tables of the image in `directory`, in place of those that may be there. After an error nothing has changed; a
// crash leaves the old ones, none or the new ones, where finish_replacing() (commit/tables_copies.h) is called before
// they are opened. The rest of the path is there.
Result<ImportedImage> make_tables(Disk& disk, const ImageFile& image, const StorageVersion& version,
                                  const std::string& directory, const OpenTables& open = Tables::open_rocksdb);

// Writes an image into `current_directory`, whole or not at all.
Result<ImageFile> write_image(Disk& disk, const std::string& current_directory, const View& view, TransactionId last,
                              const StorageVersion& version);

// The MD5 that goes with an image. kCorruptFormat where the file beside it is missing or is another's.
Result<std::string> stored_md5(Disk& disk, const ImageFile& image);

}  // namespace dfs::namenode
