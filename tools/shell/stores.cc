#include "client/core/path.h"
#include "tools/shell/store.h"

namespace dfs::tools {

Store& Stores::local() {
  if (!local_) local_ = make_local_store();
  return *local_;
}

Outcome<Store*> Stores::hdfs(const std::string& uri) {
  std::unique_ptr<Store>& store = hdfs_[uri];
  if (!store) {
    auto connected = fs::FileSystem::connect(uri, options_);
    if (!connected) return failed(connected.error().message());
    store = make_hdfs_store(*std::move(connected));
  }
  return store.get();
}

Outcome<Stores::Located> Stores::locate_local(const std::string& text) {
  constexpr std::string_view kScheme = "file:";
  std::string path = text;
  std::string prefix;
  if (path.starts_with(kScheme)) {
    prefix = "file://";
    path.erase(0, kScheme.size());
    if (path.starts_with("//")) path.erase(0, std::min(path.find('/', 2), path.size()));
  }
  auto normal = client::normal_path(path, local().working_directory());
  if (!normal) return wrong_usage(normal.error().message());
  return Located{&local(), *std::move(normal), std::move(prefix)};
}

Outcome<Stores::Located> Stores::locate(const std::string& text) {
  if (text.starts_with("file:")) return locate_local(text);
  const size_t colon = text.find(':');
  const size_t slash = text.find('/');
  const bool has_scheme = colon != std::string::npos && (slash == std::string::npos || colon < slash);
  if (!has_scheme) {
    if (default_uri_.starts_with("file:")) return locate_local(text);
    auto store = hdfs(default_uri_);
    if (!store) return std::unexpected(std::move(store).error());
    auto normal = client::normal_path(text, (*store)->working_directory());
    if (!normal) return wrong_usage(normal.error().message());
    return Located{*store, *std::move(normal), ""};
  }
  const std::string scheme = text.substr(0, colon);
  if (scheme != "hdfs") return failed("No FileSystem for scheme \"" + scheme + "\"");
  std::string rest = text.substr(colon + 1);
  std::string authority;
  if (rest.starts_with("//")) {
    const size_t end = std::min(rest.find('/', 2), rest.size());
    authority = rest.substr(2, end - 2);
    rest.erase(0, end);
  }
  auto store = hdfs(authority.empty() ? default_uri_ : "hdfs://" + authority);
  if (!store) return std::unexpected(std::move(store).error());
  auto normal = client::normal_path(rest.empty() ? "/" : rest, (*store)->working_directory());
  if (!normal) return wrong_usage(normal.error().message());
  return Located{*store, *std::move(normal), authority.empty() ? "hdfs://" : "hdfs://" + authority};
}

}  // namespace dfs::tools
