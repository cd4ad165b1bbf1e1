#include "namenode/namespace/acl_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace dfs::namenode {
namespace {

constexpr size_t kEntriesMax = 32;
constexpr std::array kScopes = {AclScope::kAccess, AclScope::kDefault};
constexpr std::array kRequiredTypes = {AclType::kUser, AclType::kGroup, AclType::kOther};

auto key_of(const AclEntry& entry) {
  return std::tie(entry.scope, entry.type, entry.name);
}
bool same_key(const AclEntry& one, const AclEntry& other) {
  return key_of(one) == key_of(other);
}
void sort(Acl& acl) {
  std::ranges::sort(acl, [](const AclEntry& a, const AclEntry& b) { return key_of(a) < key_of(b); });
}

const AclEntry* find(const Acl& acl, const AclEntry& key) {
  auto found = std::ranges::find_if(acl, [&](const AclEntry& entry) { return same_key(entry, key); });
  return found == acl.end() ? nullptr : &*found;
}
const AclEntry* find(const Acl& acl, AclScope scope, AclType type) {
  return find(acl, {.scope = scope, .type = type});
}

Result<void> check_count(const Acl& acl) {
  for (AclScope scope : kScopes) {
    auto count = size_t(std::ranges::count(acl, scope, &AclEntry::scope));
    if (count > kEntriesMax) {
      return fail(ErrorCode::kAcl, fmt::format("Invalid ACL: ACL has {} {} entries, which exceeds maximum of {}.",
                                               count, scope == AclScope::kAccess ? "access" : "default", kEntriesMax));
    }
  }
  return {};
}

// A new ACL while it grows: entries other than masks, and of each scope what is known of its mask.
struct Builder {
  struct Scope {
    std::optional<AclEntry> mask;
    bool mask_changes = false, changes = false;
  };
  Acl entries;
  std::array<Scope, 2> scopes;

  Scope& scope_of(const AclEntry& entry) { return scopes[size_t(entry.scope)]; }
  void keep(const AclEntry& entry) {
    if (entry.type == AclType::kMask) {
      scope_of(entry).mask = entry;
    } else {
      entries.push_back(entry);
    }
  }
  void change(const AclEntry& entry) {
    scope_of(entry).changes = true;
    if (entry.type == AclType::kMask) scope_of(entry).mask_changes = true;
    keep(entry);
  }

  // A default ACL has at least the entries that an access ACL has.
  void complete_defaults() {
    if (std::ranges::count(entries, AclScope::kDefault, &AclEntry::scope) == 0) return;
    Acl copied;
    for (AclType type : kRequiredTypes) {
      const AclEntry* access = find(entries, AclScope::kAccess, type);
      if (access == nullptr || find(entries, AclScope::kDefault, type) != nullptr) continue;
      copied.push_back(*access);
      copied.back().scope = AclScope::kDefault;
    }
    entries.insert(entries.end(), copied.begin(), copied.end());
  }

  // AclTransformation.calculateMasks: a mask is needed where there are named entries. One that the caller gives counts,
  // also one that was there if nothing else changes; otherwise it is what all that it masks may do together.
  Result<void> add_masks() {
    for (AclScope which : kScopes) {
      Scope& scope = scopes[size_t(which)];
      bool found = false, needed = false;
      uint8_t together = 0;
      for (const AclEntry& entry : entries) {
        if (entry.scope != which) continue;
        found = true;
        if (!entry.name.empty()) needed = true;
        if (entry.type == AclType::kGroup || !entry.name.empty()) together |= entry.permission;
      }
      if (!found) continue;
      if (!scope.mask && needed && scope.mask_changes) {
        return fail(ErrorCode::kAcl, "Invalid ACL: mask is required and cannot be deleted.");
      }
      if (scope.mask && (!scope.changes || scope.mask_changes)) {
        entries.push_back(*scope.mask);
      } else if (needed || scope.mask) {
        entries.push_back({.scope = which, .type = AclType::kMask, .permission = together});
      }
    }
    return {};
  }

  Result<Acl> finish() {
    complete_defaults();
    DFS_TRY_OK(add_masks());
    return checked();
  }

  // AclTransformation.buildAndValidateAcl
  Result<Acl> checked() {
    sort(entries);
    for (size_t i = 0; i < entries.size(); ++i) {
      const AclEntry& entry = entries[i];
      if (i > 0 && same_key(entries[i - 1], entry)) {
        return fail(ErrorCode::kAcl, "Invalid ACL: multiple entries with same scope, type and name.");
      }
      if (!entry.name.empty() && (entry.type == AclType::kMask || entry.type == AclType::kOther)) {
        return fail(ErrorCode::kAcl, "Invalid ACL: this entry type must not have a name: " + to_string(entry) + ".");
      }
    }
    DFS_TRY_OK(check_count(entries));
    const bool has_default = !entries.empty() && entries.back().scope == AclScope::kDefault;
    for (AclType type : kRequiredTypes) {
      if (find(entries, AclScope::kAccess, type) == nullptr) {
        return fail(ErrorCode::kAcl, "Invalid ACL: the user, group and other entries are required.");
      }
      if (has_default && find(entries, AclScope::kDefault, type) == nullptr) {
        return fail(ErrorCode::kAcl, "Invalid default ACL: the user, group and other entries are required.");
      }
    }
    return std::move(entries);
  }
};

}  // namespace

std::string to_string(const AclEntry& entry) {
  constexpr std::array<std::string_view, 4> kTypes = {"user", "group", "mask", "other"};
  auto bit = [&](int which, char symbol) { return (entry.permission & which) != 0 ? symbol : '-'; };
  return fmt::format("{}{}:{}:{}{}{}", entry.scope == AclScope::kDefault ? "default:" : "", kTypes[size_t(entry.type)],
                     entry.name, bit(4, 'r'), bit(2, 'w'), bit(1, 'x'));
}

Result<Acl> merge_acl(const Acl& existing, Acl changes) {
  sort(changes);
  DFS_TRY_OK(check_count(changes));
  Builder builder;
  for (const AclEntry& entry : existing) {
    if (const AclEntry* change = find(changes, entry)) {
      builder.change(*change);
    } else {
      builder.keep(entry);
    }
  }
  for (const AclEntry& change : changes) {
    if (find(existing, change) == nullptr) builder.change(change);
  }
  return builder.finish();
}

Result<Acl> filter_acl(const Acl& existing, Acl removed) {
  sort(removed);
  DFS_TRY_OK(check_count(removed));
  Builder builder;
  for (const AclEntry& entry : existing) {
    if (find(removed, entry) == nullptr) {
      builder.keep(entry);
      continue;
    }
    Builder::Scope& scope = builder.scope_of(entry);
    scope.changes = true;
    if (entry.type == AclType::kMask) scope.mask_changes = true;
  }
  return builder.finish();
}

Result<Acl> without_default_acl(const Acl& existing) {
  Builder builder;
  std::ranges::copy_if(existing, std::back_inserter(builder.entries),
                       [](const AclEntry& entry) { return entry.scope == AclScope::kAccess; });
  return builder.checked();
}

Result<Acl> replace_acl(const Acl& existing, Acl replacement) {
  sort(replacement);
  DFS_TRY_OK(check_count(replacement));
  Builder builder;
  for (const AclEntry& entry : replacement) builder.change(entry);
  for (const AclEntry& entry : existing) {
    if (!builder.scope_of(entry).changes) builder.keep(entry);
  }
  return builder.finish();
}

}  // namespace dfs::namenode
