#include "namenode/store/known_names.h"

#include <functional>
#include <utility>

#include "proto/base/bytes.h"

namespace dfs::namenode {
namespace {

// Keys begin with the id of the directory.
constexpr size_t kIdBytes = sizeof(uint64_t);

uint64_t hash_of_name(std::string_view entry_key) {
  return std::hash<std::string_view>()(entry_key.substr(kIdBytes));
}

}  // namespace

void KnownNames::is_empty(uint64_t directory) {
  if (Names* known = names_of(directory)) {
    young_names_ -= known->size();
    known->clear();
    return;
  }
  young_.try_emplace(directory);
  ++young_names_;
  make_room();
}

void KnownNames::add(std::string_view entry_key) {
  if (entry_key.size() < kIdBytes) return;
  const auto directory = load_big_endian<uint64_t>(entry_key.data());
  Names* names = names_of(directory);
  if (names == nullptr || !names->insert(hash_of_name(entry_key)).second) return;
  ++young_names_;
  if (names->size() > names_max_ / 2) {
    young_names_ -= names->size() + 1;
    young_.erase(directory);
  }
  make_room();
}

bool KnownNames::lacks(std::string_view entry_key) {
  if (entry_key.size() < kIdBytes) return false;
  const Names* names = names_of(load_big_endian<uint64_t>(entry_key.data()));
  return names != nullptr && !names->contains(hash_of_name(entry_key));
}

KnownNames::Names* KnownNames::names_of(uint64_t directory) {
  if (auto found = young_.find(directory); found != young_.end()) return &found->second;
  auto found = old_.find(directory);
  if (found == old_.end()) return nullptr;
  Names names = std::move(found->second);
  old_.erase(found);
  young_names_ += names.size() + 1;
  return &young_.emplace(directory, std::move(names)).first->second;
}

void KnownNames::make_room() {
  if (young_names_ <= names_max_ / 2) return;
  old_ = std::exchange(young_, {});
  young_names_ = 0;
}

}  // namespace dfs::namenode
