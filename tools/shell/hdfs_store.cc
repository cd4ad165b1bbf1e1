#include "tools/shell/store.h"

namespace dfs::tools {
namespace {

class HdfsSource : public Source {
 public:
  explicit HdfsSource(fs::InputFile file) : file_(std::move(file)) {}
  Outcome<size_t> read(void* to, size_t length) override { return outcome(file_.read(to, length)); }
  Outcome<> seek(uint64_t offset) override { return outcome(file_.seek(offset)); }

 private:
  fs::InputFile file_;
};

class HdfsSink : public Sink {
 public:
  explicit HdfsSink(fs::OutputFile file) : file_(std::move(file)) {}
  Outcome<> write(const void* from, size_t length) override { return outcome(file_.write(from, length)); }
  Outcome<> close() override { return outcome(file_.close()); }

 private:
  fs::OutputFile file_;
};

class HdfsStore : public Store {
 public:
  explicit HdfsStore(fs::FileSystem filesystem) : fs_(std::move(filesystem)) {}

  std::string uri() const override { return fs_.uri(); }
  std::string working_directory() const override { return fs_.home_directory(); }
  fs::FileSystem* hdfs() override { return &fs_; }

  Outcome<std::optional<fs::FileStatus>> find(const std::string& path) override {
    auto status = fs_.status(path);
    if (status) return *std::move(status);
    if (status.error().code() == fs::ErrorCode::kNotFound) return std::nullopt;
    // "/file/below" is not there either.
    if (status.error().code() == fs::ErrorCode::kNotDirectory) return std::nullopt;
    return failed(status.error().message());
  }
  Outcome<std::vector<fs::FileStatus>> list(const std::string& path) override { return outcome(fs_.list_all(path)); }
  Outcome<std::unique_ptr<Source>> open(const std::string& path) override {
    auto file = fs_.open(path);
    if (!file) return failed(file.error().message());
    return std::make_unique<HdfsSource>(*std::move(file));
  }
  Outcome<std::unique_ptr<Sink>> create(const std::string& path) override {
    fs::CreateOptions options;
    options.overwrite = true;
    options.permission = uint16_t(0666 & ~fs_.umask());
    auto file = fs_.create(path, options);
    if (!file) return failed(file.error().message());
    return std::make_unique<HdfsSink>(*std::move(file));
  }
  Outcome<> make_directories(const std::string& path) override {
    return outcome(fs_.mkdirs(path, uint16_t(0777 & ~fs_.umask())));
  }
  Outcome<bool> rename(const std::string& from, const std::string& to) override {
    return outcome(fs_.rename_into(from, to));
  }
  Outcome<bool> remove(const std::string& path, bool recursive) override {
    return outcome(fs_.remove(path, recursive));
  }
  Outcome<> set_permission(const std::string& path, uint16_t permission) override {
    return outcome(fs_.set_permission(path, permission));
  }
  Outcome<> set_owner(const std::string& path, const std::string& owner, const std::string& group) override {
    return outcome(fs_.set_owner(path, owner, group));
  }
  Outcome<> set_times(const std::string& path, fs::Time modified, fs::Time accessed) override {
    return outcome(fs_.set_times(path, modified, accessed));
  }
  Outcome<fs::ContentSummary> content_summary(const std::string& path) override {
    return outcome(fs_.content_summary(path));
  }
  Outcome<fs::FsStats> stats(const std::string&) override { return outcome(fs_.stats()); }

 private:
  fs::FileSystem fs_;
};

}  // namespace

std::unique_ptr<Store> make_hdfs_store(fs::FileSystem filesystem) {
  return std::make_unique<HdfsStore>(std::move(filesystem));
}

}  // namespace dfs::tools
