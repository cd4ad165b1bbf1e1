#include "namenode/image/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

constexpr std::string_view kPrefix = "fsimage_";
constexpr std::string_view kUnfinishedPrefix = "fsimage.ckpt_";
constexpr std::string_view kDigestSuffix = ".md5";
constexpr size_t kDigestBytes = 32;
constexpr uint64_t kCacheBytes = 64 << 20;

std::string file_name(std::string_view prefix, TransactionId last) {
  return fmt::format("{}{:019}", prefix, raw(last));
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::optional<TransactionId> parse(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  uint64_t last = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), last);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return TransactionId(last);
}

Result<void> check_digest(Disk& disk, const ImageFile& image) {
  DFS_TRY(std::string stored, stored_md5(disk, image));
  DFS_TRY(std::string found, md5_of_file(disk, image.path));
  if (stored == found) return {};
  return fail(ErrorCode::kCorruptFormat,
              fmt::format("{} is damaged: its MD5 is {} and should be {}", image.path, found, stored));
}

}  // namespace

Result<std::vector<ImageFile>> list_images(Disk& disk, const std::vector<std::string>& name_directories) {
  std::vector<ImageFile> images;
  for (const std::string& root : name_directories) {
    const std::string current = root + "/current";
    DFS_TRY(bool there, disk.exists(current));
    if (!there) continue;
    DFS_TRY(auto entries, disk.list(current));
    for (const DirectoryEntry& entry : entries) {
      if (auto last = parse(entry.name); last && !entry.is_directory) {
        images.push_back({.path = current + "/" + entry.name, .last = *last});
      }
    }
  }
  std::ranges::sort(images, [](const ImageFile& a, const ImageFile& b) {
    return a.last != b.last ? a.last > b.last : a.path < b.path;
  });
  return images;
}

Result<std::string> stored_md5(Disk& disk, const ImageFile& image) {
  const std::string path = image.path + std::string(kDigestSuffix);
  DFS_TRY(bool there, disk.exists(path));
  if (!there) return fail(ErrorCode::kCorruptFormat, fmt::format("{} has no {} beside it", image.path, kDigestSuffix));
  DFS_TRY(std::string line, disk.read_file(path));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  const std::string_view rest = std::string_view(line).substr(std::min(line.size(), kDigestBytes));
  if (line.find_first_not_of("0123456789abcdef") != kDigestBytes ||
      (!rest.starts_with(" *") && !rest.starts_with("  ")) ||
      name_of(std::string(rest.substr(2))) != name_of(image.path)) {
    return fail(ErrorCode::kCorruptFormat,
                fmt::format("{} holds \"{}\", which is no MD5 of {}", path, line, image.path));
  }
  return line.substr(0, kDigestBytes);
}

Result<std::optional<ImageFile>> newest_whole_image(Disk& disk, const std::vector<std::string>& name_directories) {
  DFS_TRY(std::vector<ImageFile> images, list_images(disk, name_directories));
  std::optional<Error> first;
  for (ImageFile& image : images) {
    Result<void> whole = check_digest(disk, image);
    if (whole) return std::optional(std::move(image));
    log::error("{}", whole.error().message());
    if (!first) first = std::move(whole).error();
  }
  if (first) return fail(*std::move(first));
  return std::optional<ImageFile>();
}

Result<ImportedImage> make_tables(Disk& disk, const ImageFile& image, const StorageVersion& version,
                                  const std::string& directory, const OpenTables& open) {
  const std::string unfinished = directory + ".unfinished", scratch = directory + ".scratch";
  const std::string former = directory + ".former";
  for (const std::string& left : {unfinished, scratch}) {
    DFS_TRY(bool there, disk.exists(left));
    if (there) DFS_TRY_OK(disk.remove_tree(left));
    DFS_TRY_OK(disk.make_directories(left, 0700));
  }
  ImportedImage imported;
  {
    const auto no_gate = [](TransactionId) { return true; };
    DFS_TRY(auto reader, ImageReader::open(disk, image.path));
    DFS_TRY(auto tables, open(unfinished, kCacheBytes, no_gate));
    DFS_TRY(auto notes, open(scratch, kCacheBytes, no_gate));
    DFS_TRY(imported, import_image(*reader, version, *tables, *notes));
    if (imported.last != image.last) {
      return fail(ErrorCode::kCorruptFormat,
                  fmt::format("{} holds transactions up to {}, which is not what its name says", image.path,
                              raw(imported.last)));
    }
    DFS_TRY_OK(tables->flush());
  }
  DFS_TRY_OK(disk.remove_tree(scratch));
  DFS_TRY(bool replaces, disk.exists(directory));
  if (replaces) {
    // What an import left that was cut off as it removed them.
    DFS_TRY(bool left, disk.exists(former));
    if (left) DFS_TRY_OK(disk.remove_tree(former));
    DFS_TRY_OK(disk.rename(directory, former));
  }
  DFS_TRY_OK(disk.rename(unfinished, directory));
  DFS_TRY_OK(disk.sync_directory(directory.substr(0, directory.rfind('/'))));
  if (replaces) DFS_TRY_OK(disk.remove_tree(former));
  return imported;
}

Result<ImageFile> write_image(Disk& disk, const std::string& current_directory, const View& view, TransactionId last,
                              const StorageVersion& version) {
  const std::string unfinished = current_directory + "/" + file_name(kUnfinishedPrefix, last);
  ImageFile image{.path = current_directory + "/" + file_name(kPrefix, last), .last = last};
  std::string digest;
  {
    DFS_TRY(auto writer, ImageWriter::create(disk, unfinished, version.layout_version));
    DFS_TRY_OK(export_image(view, last, version, *writer));
    DFS_TRY(digest, writer->finish());
  }
  DFS_TRY_OK(disk.write_file_atomically(image.path + std::string(kDigestSuffix),
                                        fmt::format("{} *{}\n", digest, name_of(image.path))));
  DFS_TRY_OK(disk.rename(unfinished, image.path));
  DFS_TRY_OK(disk.sync_directory(current_directory));
  return image;
}

}  // namespace dfs::namenode
