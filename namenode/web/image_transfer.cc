#include "namenode/web/image_transfer.h"

#include <fmt/format.h>

#include <atomic>

#include "namenode/image/image_folder.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::namenode {
namespace {

constexpr size_t kChunkBytes = 1 << 20;
constexpr unsigned kForbidden = 403, kMethodNotAllowed = 405, kGone = 410;

http::Response refusal(unsigned status, std::string message) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain;charset=utf-8");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = std::move(message) + "\n";
  return response;
}

// StorageInfo.toColonSeparatedString
std::string storage_info(const StorageVersion& version) {
  return fmt::format("{}:{}:{}:{}", version.layout_version, version.namespace_id, version.creation_time_ms,
                     version.cluster_id);
}

}  // namespace

// One image as a file in a folder of its own, which goes with this.
class ImageTransfer::Sending {
 public:
  explicit Sending(std::string directory) : directory_(std::move(directory)) {}
  ~Sending() {
    file_.reset();
    if (Result<void> removed = Disk::posix().remove_tree(directory_); !removed) {
      log::warn("{}", removed.error().message());
    }
  }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  Result<void> write(const NamespaceThread::Moment& moment, const StorageVersion& version) {
    Disk& disk = Disk::posix();
    DFS_TRY_OK(disk.make_directories(directory_, 0700));
    DFS_TRY(ImageFile image, write_image(disk, directory_, *moment.view, moment.applied, version));
    DFS_TRY(md5, stored_md5(disk, image));
    name = image.path.substr(image.path.rfind('/') + 1);
    DFS_TRY(file_, disk.open(image.path, Disk::OpenMode::kRead));
    DFS_TRY(length_bytes, file_->size());
    return {};
  }
  Result<size_t> read(std::span<uint8_t> to, uint64_t offset) { return file_->pread(to, offset); }

  std::string name, md5;
  uint64_t length_bytes = 0;

 private:
  std::string directory_;
  std::unique_ptr<File> file_;
};

ImageTransfer::ImageTransfer(Settings settings) : settings_(std::move(settings)) {
  if (Result<void> emptied = Disk::posix().remove_tree(settings_.directory); !emptied) {
    log::warn("{}", emptied.error().message());
  }
  loop_.start();
}

ImageTransfer::~ImageTransfer() {
  loop_.stop();
}

Task<void> ImageTransfer::handle(const http::Request& request, http::RequestBody&, http::ResponseWriter& writer) {
  if (request.method != "GET") {
    (void)co_await writer.send(refusal(kMethodNotAllowed, "Method not allowed"));
    co_return;
  }
  auto theirs = request.query.find("storageInfo");
  if (theirs && *theirs != storage_info(settings_.version)) {
    (void)co_await writer.send(
        refusal(kForbidden, fmt::format("This namenode has storage info {} but the secondary expected {}",
                                        storage_info(settings_.version), *theirs)));
    co_return;
  }
  auto transaction = request.query.find("txid");
  if (!request.query.find("getimage") || transaction != "latest") {
    (void)co_await writer.send(
        refusal(kGone, "GetImage failed. Images are made when they are asked for: getimage=1&txid=latest"));
    co_return;
  }
  static std::atomic<uint64_t> next_number = 0;
  auto sending = std::make_shared<Sending>(fmt::format("{}/{}", settings_.directory, ++next_number));
  Result<void> written = co_await run_on(
      loop_.executor(), [this, sending] { return sending->write(settings_.published(), settings_.version); });
  if (!written) {
    log::error("writing an image for {}: {}", request.client_address, written.error().message());
    (void)co_await writer.send(refusal(kGone, "GetImage failed. " + written.error().message()));
    co_return;
  }
  http::Fields headers;
  headers.add("Content-Type", "application/octet-stream");
  headers.add("Content-Disposition", "attachment; filename=" + sending->name);
  headers.add("X-Image-Edits-Name", sending->name);
  headers.add("X-MD5-Digest", sending->md5);
  if (!co_await writer.begin(200, std::move(headers), sending->length_bytes)) co_return;
  auto chunk = std::make_shared<std::vector<uint8_t>>(kChunkBytes);
  for (uint64_t offset = 0; offset < sending->length_bytes;) {
    Result<size_t> count =
        co_await run_on(loop_.executor(), [sending, chunk, offset] { return sending->read(*chunk, offset); });
    if (!count || *count == 0) {
      log::error("reading an image for {}: {}", request.client_address,
                 count ? std::string("it ends early") : count.error().message());
      co_return;  // the client sees that the answer is short
    }
    if (!co_await writer.write(ByteView(*chunk).first(*count))) co_return;
    offset += *count;
  }
  (void)co_await writer.finish();
}

}  // namespace dfs::namenode
