#include "client/core/directory_pages.h"

namespace dfs::client {

Result<std::unique_ptr<DirectoryPages>> DirectoryPages::open(std::shared_ptr<Session> session, std::string path) {
  std::unique_ptr<DirectoryPages> pages(new DirectoryPages(std::move(session), std::move(path)));
  DFS_TRY(auto first, pages->session_->run(pages->session_->namenode().list_page(pages->path_, "")));
  if (!first) return fail(ErrorCode::kFileNotFound, "File " + pages->path_ + " does not exist.");
  pages->page_ = *std::move(first);
  return pages;
}

Result<std::optional<fs::FileStatus>> DirectoryPages::next() {
  if (position_ == page_.entries.size()) {
    if (!page_.more) return std::nullopt;
    std::string after = page_.entries.back().path;
    DFS_TRY(auto page, session_->run(session_->namenode().list_page(path_, std::move(after))));
    position_ = 0;
    // The directory was removed meanwhile: what it listed so far stands.
    page_ = page ? *std::move(page) : DirectoryPage{};
    if (page_.entries.empty()) return std::nullopt;
  }
  fs::FileStatus entry = page_.entries[position_++];
  // A file lists as itself, with an empty name.
  if (entry.path.empty())
    entry.path = path_;
  else
    entry.path.insert(0, path_ == "/" ? "/" : path_ + "/");
  return entry;
}

}  // namespace dfs::client
