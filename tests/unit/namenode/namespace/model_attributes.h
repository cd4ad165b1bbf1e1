#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "namenode/namespace/acl_rules.h"
#include "namenode/namespace/operations/acls.h"
#include "namenode/namespace/operations/extended_attributes.h"
#include "namenode/namespace/operations/quotas.h"
#include "tests/unit/namenode/namespace/model_tree.h"

namespace dfs::namenode {

// What is said of files and directories: owners, modes, times, policies, quotas, extended attributes and ACLs.
class AttributeSteps : public TreeSteps {
 protected:
  void set_permission() {
    const std::string path = some_path();
    Node* node = model.find(path);
    const uint16_t permission = random_permission();
    auto done = run(operations::set_permission, operations::SetPermission{.path = path, .permission = permission});
    if (as_expected("setPermission", done, not_owned(path, node))) node->row.permission = permission;
  }
  void set_owner() {
    const std::string path = some_path();
    Node* node = model.find(path);
    operations::SetOwner request{.path = path};
    if (random() % 2 == 0) request.user = random_user();
    if (random() % 2 == 0) request.group = random_group();
    std::optional<ErrorCode> expected = not_owned(path, node);
    if (!expected && !who->is_superuser &&
        ((request.user && *request.user != who->identity.user) ||
         (request.group && !Permissions::is_in(*who, *request.group)))) {
      expected = ErrorCode::kAccessControl;
    }
    if (!as_expected("setOwner", run(operations::set_owner, request), expected)) return;
    if (request.user) node->row.owner = *request.user;
    if (request.group) node->row.group = *request.group;
  }
  void set_times() {
    const std::string path = some_path();
    Node* node = model.find(path);
    operations::SetTimes request{.path = path};
    if (random() % 2 == 0) request.modification_time_ms = int64_t(random() % 3'000'000);
    if (random() % 2 == 0) request.access_time_ms = int64_t(random() % 3'000'000);
    if (!as_expected("setTimes", run(operations::set_times, request), not_writable(path, node))) return;
    if (request.modification_time_ms >= 0) node->row.modification_time_ms = uint64_t(request.modification_time_ms);
    if (request.access_time_ms >= 0) node->row.access_time_ms = uint64_t(request.access_time_ms);
  }
  void set_replication() {
    const std::string path = some_path();
    Node* node = model.find(path);
    const auto replication = uint16_t(1 + random() % 4);
    std::optional<ErrorCode> expected = denied(path, {.last = Permissions::kWrite});
    if (!expected && is_file(node)) {
      const uint8_t policy = TreeModel::policy_of(*node);
      const QuotaCounts before = TreeModel::space(*node, node->charged(), policy);
      const uint16_t former = std::exchange(node->row.replication, replication);
      QuotaCounts more = TreeModel::space(*node, node->charged(), policy);
      node->row.replication = former;
      expected = TreeModel::no_room(*node->parent, more -= before);
    }
    auto done = run(operations::set_replication, operations::SetReplication{path, replication});
    if (!as_expected("setReplication", done, expected)) return;
    EXPECT_EQ(*done, is_file(node));
    if (is_file(node)) node->row.replication = replication;
  }

  void set_policy() {
    static const std::pair<const char*, uint8_t> kPolicies[] = {
        {"", 0}, {"COLD", 2}, {"WARM", 5}, {"HOT", 7}, {"ONE_SSD", 10}, {"ALL_SSD", 12}, {"LUKEWARM", 0}};
    const std::string path = some_path();
    const auto& [name, id] = kPolicies[random() % 7];
    Node* node = model.find(path);
    std::optional<ErrorCode> expected = ErrorCode::kHadoopInvalidArgument;
    if (std::string(name) != "LUKEWARM") expected = not_writable(path, node);
    auto done = run(operations::set_storage_policy, operations::SetStoragePolicy{.path = path, .policy = name});
    if (as_expected("setStoragePolicy", done, expected)) node->row.storage_policy = id;
  }

  void set_quota() {
    const std::string path = random() % 8 == 0 ? "/" : some_path();
    auto amount = [&](int64_t unit, uint64_t count) -> int64_t {
      return random() % 3 == 0 ? operations::kQuotaReset : unit * int64_t(1 + random() % count);
    };
    operations::SetQuota request{.path = path};
    if (random() % 3 == 0) {
      request.storage_type = uint8_t(1 + random() % 3);
      request.storage_space_quota = amount(300, 10);
    } else {
      if (random() % 3 != 0) request.namespace_quota = amount(1, 30);
      if (random() % 3 != 0) request.storage_space_quota = amount(500, 20);
    }
    Node* node = model.find(path);
    std::optional<ErrorCode> expected;
    if (!who->is_superuser) {
      expected = ErrorCode::kAccessControl;
    } else if (node == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else if (!node->is_directory()) {
      expected = ErrorCode::kPathIsNotDirectory;
    }
    if (!as_expected("setQuota", run(operations::set_quota, request), expected)) return;
    auto set = [](std::optional<uint64_t>& quota, int64_t value) {
      if (value == operations::kQuotaReset) quota.reset();
      if (value >= 0 && value != operations::kQuotaDontSet) quota = uint64_t(value);
    };
    if (!request.storage_type) {
      set(node->row.namespace_quota, request.namespace_quota);
      set(node->row.storage_space_quota, request.storage_space_quota);
      return;
    }
    std::map<uint8_t, std::optional<uint64_t>> quotas;
    for (const TypeQuota& quota : node->row.type_quotas) quotas[quota.storage_type] = quota.bytes;
    set(quotas[*request.storage_type], request.storage_space_quota);
    node->row.type_quotas.clear();
    for (const auto& [type, bytes] : quotas) {
      if (bytes) node->row.type_quotas.push_back({type, *bytes});
    }
  }

  void change_xattr() {
    constexpr uint8_t kUserSpace = 0;
    const std::string path = some_path();
    Node* node = model.find(path);
    ExtendedAttribute xattr{.name_space = uint8_t(random() % 2), .name = "x" + std::to_string(random() % 4)};
    auto there = [&] {
      return std::ranges::find_if(node->row.xattrs, [&](const ExtendedAttribute& one) {
        return one.name_space == xattr.name_space && one.name == xattr.name;
      });
    };
    const bool exists = node != nullptr && there() != node->row.xattrs.end();
    std::optional<ErrorCode> expected;
    if (xattr.name_space != kUserSpace && !who->is_superuser) expected = ErrorCode::kAccessControl;
    if (!expected) expected = denied(path);
    if (!expected && node == nullptr) expected = ErrorCode::kFileNotFound;
    if (!expected && xattr.name_space == kUserSpace) {
      const bool sticky = node->is_directory() && (node->row.permission & 01000) != 0;
      expected = sticky ? not_owned(path, node) : denied(path, {.last = Permissions::kWrite});
    }
    if (random() % 3 == 0) {
      if (!expected && !exists) expected = ErrorCode::kIo;
      auto done = run(operations::remove_xattr, operations::RemoveXattr{.path = path, .xattr = xattr});
      if (as_expected("removeXAttr", done, expected)) node->row.xattrs.erase(there());
      return;
    }
    xattr.value = std::string(random() % 20, 'v');
    operations::SetXattr request{.path = path, .xattr = xattr};
    request.create = random() % 4 != 0;
    request.replace = !request.create || random() % 2 == 0;
    if (!expected && (exists ? !request.replace : !request.create)) expected = ErrorCode::kIo;
    if (!as_expected("setXAttr", run(operations::set_xattr, request), expected)) return;
    if (exists) {
      there()->value = xattr.value;
    } else {
      node->row.xattrs.push_back(xattr);
    }
  }

  // How entries are joined has tests of its own: here only that the outcome is kept.
  void change_acl() {
    const std::string path = some_path();
    Node* node = model.find(path);
    const bool with_default = random() % 3 == 0;
    Acl entries = random_entries(AclScope::kAccess);
    if (with_default) {
      for (AclEntry& entry : random_entries(AclScope::kDefault)) entries.push_back(std::move(entry));
    }
    const Acl existing = node == nullptr ? Acl() : logical_acl(node->row).value();
    Result<Acl> wanted = Acl();
    Result<Done> done = Done{};
    switch (random() % 5) {
      case 0:
        wanted = merge_acl(existing, entries);
        done = run(operations::modify_acl_entries, operations::ModifyAclEntries{.path = path, .entries = entries});
        break;
      case 1:
        entries = {{.type = AclType::kUser, .name = random_user()}};
        wanted = filter_acl(existing, entries);
        done = run(operations::remove_acl_entries, operations::RemoveAclEntries{.path = path, .entries = entries});
        break;
      case 2:
        wanted = without_default_acl(existing);
        done = run(operations::remove_default_acl, operations::RemoveDefaultAcl{.path = path});
        break;
      case 3:
        done = run(operations::remove_acl, operations::RemoveAcl{.path = path});
        break;
      default:
        wanted = replace_acl(existing, entries);
        done = run(operations::set_acl, operations::SetAcl{.path = path, .entries = entries});
    }
    std::optional<ErrorCode> expected = not_owned(path, node);
    if (expected) {
    } else if (!wanted) {
      expected = wanted.error().code();
    } else if (!node->is_directory() && !wanted->empty() && wanted->back().scope == AclScope::kDefault) {
      expected = ErrorCode::kAcl;
    }
    if (!as_expected("setAcl", done, expected)) return;
    if (!wanted->empty()) {
      EXPECT_TRUE(set_acl(node->row, *wanted));
      return;
    }
    for (const AclEntry& entry : existing) {
      if (entry.scope == AclScope::kAccess && entry.type == AclType::kGroup && entry.name.empty()) {
        node->row.permission = uint16_t((node->row.permission & ~070) | entry.permission << 3);
      }
    }
    node->row.acl.clear();
  }

 private:
  Acl random_entries(AclScope scope) {
    const auto permission = [&] { return uint8_t(random() % 8); };
    Acl entries;
    for (AclType type : {AclType::kUser, AclType::kGroup, AclType::kOther}) {
      entries.push_back({.scope = scope, .type = type, .permission = permission()});
    }
    if (random() % 4 == 0) return entries;
    entries.push_back({.scope = scope, .type = AclType::kUser, .name = random_user(), .permission = permission()});
    if (random() % 2 == 0) {
      entries.push_back({.scope = scope, .type = AclType::kGroup, .name = random_group(), .permission = permission()});
    }
    entries.push_back({.scope = scope, .type = AclType::kMask, .permission = permission()});
    return entries;
  }
  // Of what only the owner may do.
  std::optional<ErrorCode> not_owned(const std::string& path, const Node* node) {
    if (auto no = denied(path)) return no;
    if (node == nullptr) return ErrorCode::kFileNotFound;
    return Permissions::owns(*who, *node) ? std::nullopt : std::optional(ErrorCode::kAccessControl);
  }
  std::optional<ErrorCode> not_writable(const std::string& path, const Node* node) {
    if (auto no = denied(path, {.last = Permissions::kWrite})) return no;
    return node == nullptr ? std::optional(ErrorCode::kFileNotFound) : std::nullopt;
  }
};

}  // namespace dfs::namenode
