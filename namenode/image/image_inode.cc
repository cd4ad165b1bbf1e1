#include "namenode/image/image_inode.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "namenode/namespace/acl.h"
#include "namenode/namespace/xattr_features.h"

namespace dfs::namenode {
namespace {

using hadoop::hdfs::fsimage::INodeSection;

// A quota that is not set is -1, and the root's by name is as large as can be.
constexpr uint64_t kNoQuota = UINT64_MAX;
constexpr uint64_t kUnlimited = INT64_MAX;

// By Java's numbers, which are those of our rows.
constexpr std::array<hadoop::hdfs::StorageTypeProto, kStorageTypeCount> kStorageTypes = {
    hadoop::hdfs::RAM_DISK, hadoop::hdfs::SSD,      hadoop::hdfs::DISK,
    hadoop::hdfs::ARCHIVE,  hadoop::hdfs::PROVIDED, hadoop::hdfs::NVDIMM};

// Of a directory: Hadoop keeps its policy as an attribute (BlockStoragePolicySuite), of a file in a field.
constexpr uint8_t kSystemNamespace = 3;
constexpr std::string_view kStoragePolicyXattr = "hsm.block.storage.policy.id";

// PermissionStatusFormat: 16 bits of mode, 24 of the group's number, 24 of the user's.
Result<void> permission_from(uint64_t packed, const ImageNames& names, InodeRow& row) {
  row.permission = uint16_t(packed & 01777);
  DFS_TRY(row.group, names.name(NameKind::kGroup, uint32_t(packed >> 16) & kNameNumberMax));
  DFS_TRY(row.owner, names.name(NameKind::kUser, uint32_t(packed >> 40)));
  return {};
}

Result<uint64_t> permission_of(const InodeRow& row, ImageNumbers& numbers) {
  DFS_TRY(uint64_t user, numbers.number(NameKind::kUser, row.owner));
  DFS_TRY(uint64_t group, numbers.number(NameKind::kGroup, row.group));
  return user << 40 | group << 16 | row.permission;
}

// AclEntryStatusFormat: 3 bits of permission, 2 of type, 1 of scope, 24 of the name's number.
std::optional<NameKind> kind_of(AclType type) {
  if (type == AclType::kUser) return NameKind::kUser;
  if (type == AclType::kGroup) return NameKind::kGroup;
  return std::nullopt;
}

Result<void> acl_from(const INodeSection::AclFeatureProto& acl, const ImageNames& names, InodeRow& row) {
  std::vector<AclEntry> entries;
  for (uint32_t packed : acl.entries()) {
    AclEntry entry;
    entry.permission = uint8_t(packed & 7);
    entry.type = AclType(packed >> 3 & 3);
    entry.scope = AclScope(packed >> 5 & 1);
    if (auto kind = kind_of(entry.type)) {
      DFS_TRY(entry.name, names.name(*kind, packed >> 6 & kNameNumberMax));
    }
    entries.push_back(std::move(entry));
  }
  row.acl = encode_acl(entries);
  return {};
}

Result<void> acl_to(const InodeRow& row, ImageNumbers& numbers, INodeSection::AclFeatureProto& out) {
  DFS_TRY(std::vector<AclEntry> entries, decode_acl(row.acl));
  for (const AclEntry& entry : entries) {
    uint32_t packed = uint32_t(entry.permission & 7) | uint32_t(entry.type) << 3 | uint32_t(entry.scope) << 5;
    if (auto kind = kind_of(entry.type)) {
      DFS_TRY(uint32_t number, numbers.number(*kind, entry.name));
      packed |= number << 6;
    }
    out.add_entries(packed);
  }
  return {};
}

// XAttrFormat: the third bit of the namespace at 5, 24 bits of the name's number from 6 on, the other two on top.
Result<void> xattrs_from(const INodeSection::XAttrFeatureProto& feature, const ImageNames& names, InodeRow& row) {
  for (const auto& compact : feature.xattrs()) {
    ExtendedAttribute xattr;
    xattr.name_space = uint8_t(compact.name() >> 30 | (compact.name() >> 5 & 1) << 2);
    DFS_TRY(xattr.name, names.name(NameKind::kXattr, compact.name() >> 6 & kNameNumberMax));
    xattr.value = compact.value();
    if (row.type == InodeType::kDirectory && xattr.name_space == kSystemNamespace &&
        xattr.name == kStoragePolicyXattr && xattr.value.size() == 1) {
      row.storage_policy = uint8_t(xattr.value[0]);
      continue;
    }
    if (auto feature_name = feature_we_lack(xattr)) {
      return fail(ErrorCode::kUnsupported, std::string(*feature_name) + " is not supported");
    }
    row.xattrs.push_back(std::move(xattr));
  }
  return {};
}

Result<void> xattr_to(const ExtendedAttribute& xattr, ImageNumbers& numbers, INodeSection::XAttrFeatureProto& out) {
  DFS_TRY(uint32_t number, numbers.number(NameKind::kXattr, xattr.name));
  auto& compact = *out.add_xattrs();
  compact.set_name(uint32_t(xattr.name_space & 3) << 30 | uint32_t(xattr.name_space >> 2) << 5 | number << 6);
  compact.set_value(xattr.value);
  return {};
}

Result<void> xattrs_to(const InodeRow& row, ImageNumbers& numbers, INodeSection::XAttrFeatureProto& out) {
  for (const ExtendedAttribute& xattr : row.xattrs) DFS_TRY_OK(xattr_to(xattr, numbers, out));
  if (row.type != InodeType::kDirectory || row.storage_policy == 0) return {};
  return xattr_to({.name_space = kSystemNamespace,
                   .name = std::string(kStoragePolicyXattr),
                   .value = std::string(1, char(row.storage_policy))},
                  numbers, out);
}

Result<void> file_from(const INodeSection::INodeFile& file, const ImageNames& names, ImageInode& inode) {
  if (file.has_erasurecodingpolicyid() || file.blocktype() == hadoop::hdfs::STRIPED) {
    return fail(ErrorCode::kUnsupported, "it is erasure-coded, which is not supported");
  }
  InodeRow& row = inode.row;
  DFS_TRY_OK(permission_from(file.permission(), names, row));
  row.modification_time_ms = file.modificationtime();
  row.access_time_ms = file.accesstime();
  if (file.replication() > UINT16_MAX) return fail(ErrorCode::kCorruptFormat, "its replication makes no sense");
  row.replication = uint16_t(file.replication());
  row.preferred_block_size = file.preferredblocksize();
  row.storage_policy = uint8_t(file.storagepolicyid());
  for (const auto& block : file.blocks()) {
    inode.blocks.push_back({.id = BlockId(block.blockid()),
                            .generation_stamp = GenerationStamp(block.genstamp()),
                            .length = block.numbytes()});
    row.length += block.numbytes();
  }
  row.block_count = uint32_t(inode.blocks.size());
  if (file.has_fileuc()) {
    row.under_construction = true;
    inode.open = OpenFileRow{.holder = file.fileuc().clientname(), .client_machine = file.fileuc().clientmachine()};
    if (!inode.blocks.empty()) inode.blocks.back().state = BlockState::kUnderConstruction;
  }
  if (file.has_acl()) DFS_TRY_OK(acl_from(file.acl(), names, row));
  return xattrs_from(file.xattrs(), names, row);
}

Result<void> directory_from(const INodeSection::INodeDirectory& directory, const ImageNames& names, InodeRow& row) {
  DFS_TRY_OK(permission_from(directory.permission(), names, row));
  row.modification_time_ms = directory.modificationtime();
  if (directory.has_nsquota() && directory.nsquota() != kNoQuota &&
      !(row.id == kRootInode && directory.nsquota() == kUnlimited)) {
    row.namespace_quota = directory.nsquota();
  }
  if (directory.has_dsquota() && directory.dsquota() != kNoQuota) row.storage_space_quota = directory.dsquota();
  for (uint8_t type = 0; type < kStorageTypes.size(); ++type) {
    for (const auto& quota : directory.typequotas().quotas()) {
      if (quota.storagetype() == kStorageTypes[type] && quota.quota() != kNoQuota) {
        row.type_quotas.push_back({.storage_type = type, .bytes = quota.quota()});
      }
    }
  }
  if (directory.has_acl()) DFS_TRY_OK(acl_from(directory.acl(), names, row));
  return xattrs_from(directory.xattrs(), names, row);
}

Result<void> symlink_from(const INodeSection::INodeSymlink& link, const ImageNames& names, InodeRow& row) {
  DFS_TRY_OK(permission_from(link.permission(), names, row));
  row.modification_time_ms = link.modificationtime();
  row.access_time_ms = link.accesstime();
  row.symlink_target = link.target();
  return {};
}

Result<void> file_attributes_to(const InodeRow& row, ImageNumbers& numbers, INodeSection::INodeFile& out) {
  DFS_TRY(uint64_t permission, permission_of(row, numbers));
  out.set_permission(permission);
  out.set_modificationtime(row.modification_time_ms);
  out.set_accesstime(row.access_time_ms);
  out.set_replication(row.replication);
  out.set_preferredblocksize(row.preferred_block_size);
  out.set_storagepolicyid(row.storage_policy);
  out.set_blocktype(hadoop::hdfs::CONTIGUOUS);
  if (!row.acl.empty()) DFS_TRY_OK(acl_to(row, numbers, *out.mutable_acl()));
  if (!row.xattrs.empty()) DFS_TRY_OK(xattrs_to(row, numbers, *out.mutable_xattrs()));
  return {};
}

Result<void> file_to(const ImageInode& inode, ImageNumbers& numbers, INodeSection::INodeFile& out) {
  DFS_TRY_OK(file_attributes_to(inode.row, numbers, out));
  for (const BlockRow& block : inode.blocks) {
    auto& written = *out.add_blocks();
    written.set_blockid(raw(block.id));
    written.set_genstamp(raw(block.generation_stamp));
    written.set_numbytes(block.length);
  }
  if (inode.open) {
    out.mutable_fileuc()->set_clientname(inode.open->holder);
    out.mutable_fileuc()->set_clientmachine(inode.open->client_machine);
  }
  return {};
}

Result<void> directory_to(const InodeRow& row, ImageNumbers& numbers, INodeSection::INodeDirectory& out) {
  DFS_TRY(uint64_t permission, permission_of(row, numbers));
  out.set_permission(permission);
  out.set_modificationtime(row.modification_time_ms);
  out.set_nsquota(row.namespace_quota.value_or(row.id == kRootInode ? kUnlimited : kNoQuota));
  out.set_dsquota(row.storage_space_quota.value_or(kNoQuota));
  for (const TypeQuota& quota : row.type_quotas) {
    auto& written = *out.mutable_typequotas()->add_quotas();
    written.set_storagetype(kStorageTypes[quota.storage_type]);
    written.set_quota(quota.bytes);
  }
  if (!row.acl.empty()) DFS_TRY_OK(acl_to(row, numbers, *out.mutable_acl()));
  if (!row.xattrs.empty() || row.storage_policy != 0) DFS_TRY_OK(xattrs_to(row, numbers, *out.mutable_xattrs()));
  return {};
}

Result<void> symlink_to(const InodeRow& row, ImageNumbers& numbers, INodeSection::INodeSymlink& out) {
  DFS_TRY(uint64_t permission, permission_of(row, numbers));
  out.set_permission(permission);
  out.set_modificationtime(row.modification_time_ms);
  out.set_accesstime(row.access_time_ms);
  out.set_target(row.symlink_target);
  return {};
}

}  // namespace

Result<ImageInode> from_image(const INodeSection::INode& inode, const ImageNames& names) {
  ImageInode made;
  made.name = inode.name();
  made.row.id = InodeId(inode.id());
  Result<void> read;
  switch (inode.type()) {
    case INodeSection::INode::FILE:
      made.row.type = InodeType::kFile;
      read = file_from(inode.file(), names, made);
      break;
    case INodeSection::INode::DIRECTORY:
      made.row.type = InodeType::kDirectory;
      read = directory_from(inode.directory(), names, made.row);
      break;
    case INodeSection::INode::SYMLINK:
      made.row.type = InodeType::kSymlink;
      read = symlink_from(inode.symlink(), names, made.row);
      break;
  }
  if (!read) return fail(std::move(read).error().within(fmt::format("inode {} ({})", inode.id(), inode.name())));
  return made;
}

Result<void> to_image(const ImageInode& inode, ImageNumbers& numbers, INodeSection::INode& out) {
  out.set_id(raw(inode.row.id));
  out.set_name(inode.name);
  switch (inode.row.type) {
    case InodeType::kFile:
      out.set_type(INodeSection::INode::FILE);
      return file_to(inode, numbers, *out.mutable_file());
    case InodeType::kDirectory:
      out.set_type(INodeSection::INode::DIRECTORY);
      return directory_to(inode.row, numbers, *out.mutable_directory());
    case InodeType::kSymlink:
      out.set_type(INodeSection::INode::SYMLINK);
      return symlink_to(inode.row, numbers, *out.mutable_symlink());
  }
  return fail(ErrorCode::kCorruptFormat, "unknown inode type");
}

Result<InodeRow> attributes_from(const INodeSection::INodeFile& copy, const ImageNames& names) {
  ImageInode made;
  made.row.type = InodeType::kFile;
  DFS_TRY_OK(file_from(copy, names, made));
  return std::move(made.row);
}

Result<InodeRow> attributes_from(InodeId id, const INodeSection::INodeDirectory& copy, const ImageNames& names) {
  InodeRow row{.id = id, .type = InodeType::kDirectory};
  DFS_TRY_OK(directory_from(copy, names, row));
  return row;
}

Result<void> attributes_to(const InodeRow& file, ImageNumbers& numbers, INodeSection::INodeFile& out) {
  return file_attributes_to(file, numbers, out);
}

Result<void> attributes_to(const InodeRow& directory, ImageNumbers& numbers, INodeSection::INodeDirectory& out) {
  return directory_to(directory, numbers, out);
}

}  // namespace dfs::namenode
