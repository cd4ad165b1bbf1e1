#include "tools/shell/item.h"

#include <fnmatch.h>

#include <algorithm>

namespace dfs::tools {
namespace {

bool has_wildcard(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (std::string_view("*?[{").find(text[i]) != std::string_view::npos)
      return true;
  }
  return false;
}

std::string unquoted(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

// The alternatives of the first {a,b} and of those within, each without braces.
Outcome<> expand_braces(const std::string& pattern, std::vector<std::string>& into) {
  size_t open = std::string::npos;
  for (size_t i = 0; i < pattern.size() && open == std::string::npos; ++i) {
    if (pattern[i] == '\\')
      ++i;
    else if (pattern[i] == '{')
      open = i;
  }
  if (open == std::string::npos) {
    into.push_back(pattern);
    return {};
  }
  std::vector<std::string> choices(1);
  size_t at = open + 1;
  for (int depth = 1; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) break;
    if (c == ',' && depth == 1) {
      choices.emplace_back();
      continue;
    }
    choices.back() += c;
    if (c == '\\' && at + 1 < pattern.size()) choices.back() += pattern[++at];
  }
  if (at == pattern.size()) return failed("Unclosed group near index " + std::to_string(at) + ": " + pattern);
  for (const std::string& choice : choices) {
    if (auto done = expand_braces(pattern.substr(0, open) + choice + pattern.substr(at + 1), into); !done) return done;
  }
  return {};
}

// `path` as seen from `here`: "." for itself, "../b" for a sibling.
std::string relative_to(const std::string& here, const std::string& path) {
  if (path == here) return ".";
  const auto split = [](std::string_view text) {
    std::vector<std::string_view> parts;
    for (size_t begin = 1; begin < text.size();) {
      const size_t end = std::min(text.find('/', begin), text.size());
      parts.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return parts;
  };
  const auto from = split(here), to = split(path);
  size_t shared = 0;
  while (shared < from.size() && shared < to.size() && from[shared] == to[shared]) ++shared;
  std::string text;
  for (size_t i = shared; i < from.size(); ++i) text += text.empty() ? ".." : "/..";
  for (size_t i = shared; i < to.size(); ++i) {
    if (!text.empty()) text += '/';
    text += to[i];
  }
  return text;
}

// Follows the components of `pattern` from `index` on below `base`, an existing directory ("" for the root).
Outcome<> match_below(Store& store, const std::string& base, const std::vector<std::string>& components, size_t index,
                      std::vector<fs::FileStatus>& into) {
  const std::string& component = components[index];
  const bool last = index + 1 == components.size();
  if (!has_wildcard(component)) {
    const std::string path = base + "/" + unquoted(component);
    if (!last) return match_below(store, path, components, index + 1, into);
    auto found = store.find(path);
    if (!found) return std::unexpected(std::move(found).error());
    if (*found) into.push_back(**std::move(found));
    return {};
  }
  const std::string directory = base.empty() ? "/" : base;
  auto status = store.find(directory);
  if (!status) return std::unexpected(std::move(status).error());
  if (!*status || !(*status)->is_directory()) return {};
  auto children = store.list(directory);
  if (!children) return std::unexpected(std::move(children).error());
  for (fs::FileStatus& child : *children) {
    if (fnmatch(component.c_str(), child.name().c_str(), 0) != 0) continue;
    if (last)
      into.push_back(std::move(child));
    else if (child.is_directory()) {
      if (auto done = match_below(store, child.path, components, index + 1, into); !done) return done;
    }
  }
  return {};
}

std::string shown(const Stores::Located& located, const std::string& text, const std::string& path) {
  if (!located.prefix.empty()) return located.prefix + path;
  return text.starts_with('/') ? path : relative_to(located.store->working_directory(), path);
}

}  // namespace

bool Item::looks_like_directory() const {
  const std::string last = text.substr(text.rfind('/') + 1);
  return last.empty() || last == "." || last == "..";
}

Outcome<> Item::refresh() {
  auto found = store->find(path);
  if (!found) return std::unexpected(std::move(found).error());
  status = *std::move(found);
  return {};
}

Outcome<Item> Item::make(Stores& stores, const std::string& text) {
  auto located = stores.locate(text);
  if (!located) return std::unexpected(std::move(located).error());
  Item item{text, located->store, located->path, std::nullopt};
  if (auto done = item.refresh(); !done) return std::unexpected(std::move(done).error());
  return item;
}

Outcome<Item> Item::make_local(Stores& stores, const std::string& text) {
  auto located = stores.locate_local(text);
  if (!located) return std::unexpected(std::move(located).error());
  Item item{text.starts_with("file:") ? located->path : text, located->store, located->path, std::nullopt};
  if (auto done = item.refresh(); !done) return std::unexpected(std::move(done).error());
  return item;
}

Item Item::child(const std::string& name) const {
  Item item;
  item.text = text == "." ? name : text + (text.ends_with('/') ? "" : "/") + name;
  item.store = store;
  item.path = (path == "/" ? "" : path) + "/" + name;
  return item;
}

Outcome<Item> Item::found_child(const std::string& name) const {
  Item item = child(name);
  if (auto done = item.refresh(); !done) return std::unexpected(std::move(done).error());
  return item;
}

Outcome<std::vector<Item>> Item::children() const {
  auto entries = store->list(path);
  if (!entries) return std::unexpected(std::move(entries).error());
  std::vector<Item> items;
  items.reserve(entries->size());
  for (fs::FileStatus& entry : *entries) {
    Item item = child(entry.name());
    item.status = std::move(entry);
    items.push_back(std::move(item));
  }
  return items;
}

Outcome<bool> Item::parent_exists() const {
  const size_t slash = path.rfind('/');
  auto found = store->find(looks_like_directory() ? path : slash == 0 ? "/" : path.substr(0, slash));
  if (!found) return std::unexpected(std::move(found).error());
  return found->has_value();
}

Outcome<std::vector<Item>> expand(Stores& stores, const std::string& text) {
  auto located = stores.locate(text);
  if (!located) return std::unexpected(std::move(located).error());
  Store& store = *located->store;
  if (!has_wildcard(located->path)) {
    const std::string path = unquoted(located->path);
    auto found = store.find(path);
    if (!found) return std::unexpected(std::move(found).error());
    std::string as_text = *found ? shown(*located, text, path) : unquoted(text);
    return std::vector<Item>{Item{std::move(as_text), &store, path, *std::move(found)}};
  }
  std::vector<std::string> patterns;
  if (auto done = expand_braces(located->path, patterns); !done) return std::unexpected(std::move(done).error());
  std::vector<fs::FileStatus> matches;
  for (const std::string& pattern : patterns) {
    std::vector<std::string> components;
    for (size_t begin = 1; begin < pattern.size();) {
      const size_t end = std::min(pattern.find('/', begin), pattern.size());
      if (end > begin) components.push_back(pattern.substr(begin, end - begin));
      begin = end + 1;
    }
    if (components.empty()) continue;
    if (auto done = match_below(store, "", components, 0, matches); !done)
      return std::unexpected(std::move(done).error());
  }
  std::ranges::sort(matches, {}, &fs::FileStatus::path);
  const auto twice = std::ranges::unique(matches, {}, &fs::FileStatus::path);
  matches.erase(twice.begin(), twice.end());
  std::vector<Item> items;
  for (fs::FileStatus& match : matches) {
    std::string path = match.path;
    items.push_back({shown(*located, text, path), &store, path, std::move(match)});
  }
  return items;
}

}  // namespace dfs::tools
