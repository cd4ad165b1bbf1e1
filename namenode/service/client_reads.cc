#include <algorithm>
#include <set>

#include "namenode/namespace/batched_listing.h"
#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/extended_attributes.h"
#include "namenode/namespace/path.h"
#include "namenode/service/client_methods.h"
#include "namenode/service/file_status_bytes.h"
#include "proto/base/bytes.h"
#include "proto/base/log.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

namespace {

ConversionContext conversion(const NamespaceAccess::Reading& reading) {
  return {*reading.datanodes, reading.settings.block_pool_id};
}

void to_proto(const ExtendedAttribute& xattr, XAttrProto& out) {
  out.set_namespace_(XAttrProto::XAttrNamespaceProto(xattr.name_space));
  out.set_name(xattr.name);
  out.set_value(xattr.value);
}

// FSNamesystem.getFilesBlockingDecom
Result<std::vector<OpenFileEntry>> files_blocking_decommission(const NamespaceAccess::Reading& reading, InodeId after,
                                                               size_t count_max, const std::string& prefix) {
  std::set<InodeId> files;
  for (const DatanodeStatus& datanode : reading.datanodes->datanodes) {
    if (datanode.admin_state != AdminState::kDecommissionInProgress) continue;
    files.insert(datanode.leaving.open_files.begin(), datanode.leaving.open_files.end());
  }
  std::vector<OpenFileEntry> entries;
  for (auto file = files.upper_bound(after); file != files.end() && entries.size() < count_max; ++file) {
    DFS_TRY(std::vector<OpenFileEntry> next, open_files(reading.query(), InodeId(raw(*file) - 1), 1, prefix));
    if (!next.empty() && next.front().file == *file) entries.push_back(std::move(next.front()));
  }
  return entries;
}

// Those that the caller may see. CVE-2018-1296: the names are the target's, so reading it must be allowed, not only
// finding it.
Result<std::vector<ExtendedAttribute>> visible_xattrs(const NamespaceAccess::Reading& reading, const std::string& path,
                                                      const google::protobuf::RepeatedPtrField<XAttrProto>& wanted) {
  DFS_TRY_OK(operations::check_xattrs_enabled(reading.settings));
  for (const XAttrProto& xattr : wanted) {
    DFS_TRY_OK(operations::check_xattr_namespace(
        reading.caller, path, {.name_space = uint8_t(xattr.namespace_()), .name = xattr.name()}, xattr.has_value()));
  }
  DFS_TRY(InodeRow inode, find_readable(reading.query(), path, Access::kRead));
  std::erase_if(inode.xattrs, [&](const ExtendedAttribute& xattr) {
    return !operations::is_visible_xattr(reading.caller, path, xattr);
  });
  return std::move(inode.xattrs);
}

}  // namespace

void ClientReads::add_to(rpc::MethodTable& table, const asio::any_io_executor& long_reads) {
  table.add("getBlockLocations", this, &ClientReads::get_block_locations);
  table.add("getFileInfo", this, &ClientReads::get_file_info);
  table.add("getLocatedFileInfo", this, &ClientReads::get_located_file_info);
  table.add("getFileLinkInfo", this, &ClientReads::get_file_link_info);
  table.add("getListing", this, &ClientReads::get_listing);
  table.add("getBatchedListing", this, &ClientReads::get_batched_listing);
  table.add_on(long_reads, "getContentSummary", this, &ClientReads::get_content_summary);
  table.add("getQuotaUsage", this, &ClientReads::get_quota_usage);
  table.add("isFileClosed", this, &ClientReads::is_file_closed);
  table.add("getPreferredBlockSize", this, &ClientReads::get_preferred_block_size);
  table.add("getLinkTarget", this, &ClientReads::get_link_target);
  table.add("checkAccess", this, &ClientReads::check_access);
  table.add("getServerDefaults", this, &ClientReads::get_server_defaults);
  table.add("getStoragePolicy", this, &ClientReads::get_storage_policy);
  table.add("getStoragePolicies", this, &ClientReads::get_storage_policies);
  table.add("listOpenFiles", this, &ClientReads::list_open_files);
  table.add("getXAttrs", this, &ClientReads::get_xattrs);
  table.add("listXAttrs", this, &ClientReads::list_xattrs);
}

Result<GetBlockLocationsResponseProto> ClientReads::get_block_locations(const GetBlockLocationsRequestProto& request,
                                                                        const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(OpenedForRead opened,
          access_.audit().of(block_locations(reading.query(), request.src(), request.offset(), request.length()),
                             context, "open", request.src()));
  const uint64_t precision = reading.settings.access_time_precision_ms;
  const bool is_kept = precision != 0 && !opened.in_snapshot;
  if (is_kept && to_millis(Clock::system().wall()) > opened.access_time_ms + precision) {
    access_.write_unawaited(reading.caller, &operations::touch_access_time,
                            operations::TouchAccessTime{.file = opened.file});
  }
  GetBlockLocationsResponseProto response;
  to_proto(opened.blocks, conversion(reading), *response.mutable_locations());
  return response;
}

Result<rpc::Encoded<GetFileInfoResponseProto>> ClientReads::get_file_info(const GetFileInfoRequestProto& request,
                                                                          const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(std::optional<FileStatus> status,
          access_.audit().of(file_status(reading.query(), request.src(), FollowLink::kYes, WithLocations::kNo), context,
                             "getfileinfo", request.src()));
  return status_response<GetFileInfoResponseProto>(status, conversion(reading));
}

Result<rpc::Encoded<GetLocatedFileInfoResponseProto>> ClientReads::get_located_file_info(
    const GetLocatedFileInfoRequestProto& request, const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(std::optional<FileStatus> status,
          file_status(reading.query(), request.src(), FollowLink::kYes, WithLocations::kYes));
  return status_response<GetLocatedFileInfoResponseProto>(status, conversion(reading));
}

Result<rpc::Encoded<GetFileLinkInfoResponseProto>> ClientReads::get_file_link_info(
    const GetFileLinkInfoRequestProto& request, const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(std::optional<FileStatus> status,
          file_status(reading.query(), request.src(), FollowLink::kNo, WithLocations::kNo));
  return status_response<GetFileLinkInfoResponseProto>(status, conversion(reading));
}

Result<rpc::Encoded<GetListingResponseProto>> ClientReads::get_listing(const GetListingRequestProto& request,
                                                                       const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  FirstPage asked;
  std::shared_ptr<const ListingCache::Page> known;
  auto is_known = [&](const FirstPage& page) {
    asked = page;
    known = listings_.find(page);
    return known != nullptr;
  };
  DFS_TRY(std::optional<Listing> listing,
          access_.audit().of(list(reading.query(), request.src(), request.startafter(),
                                  request.needlocation() ? WithLocations::kYes : WithLocations::kNo, is_known),
                             context, "listStatus", request.src()));
  const size_t entries = known ? known->entries : listing ? listing->entries.size() : 0;
  access_.activity().entries_listed.add(entries);
  if (known) return rpc::Encoded<GetListingResponseProto>{known->bytes};
  rpc::Encoded<GetListingResponseProto> response = listing_response(listing, conversion(reading));
  if (asked.state != 0) listings_.put({asked, response.bytes, entries});
  return response;
}

Result<rpc::Encoded<GetBatchedListingResponseProto>> ClientReads::get_batched_listing(
    const GetBatchedListingRequestProto& request, const Context& context) {
  std::optional<BatchedListing::Place> start;
  if (!request.startafter().empty()) {
    BatchedListingKeyProto key;
    if (!key.ParseFromString(request.startafter()) || key.checksum().size() != sizeof(uint64_t)) {
      return fail(ErrorCode::kInvalidArgument, "startAfter is not what a listing ended with");
    }
    start = {.paths_hash = load_big_endian<uint64_t>(key.checksum().data()),
             .path_index = key.pathindex(),
             .start_after = key.startafter()};
  }
  NamespaceAccess::Reading reading = read(access_, context);
  const std::vector<std::string> paths(request.paths().begin(), request.paths().end());
  DFS_TRY(BatchedListing batch, list_batched(reading.query(), paths, start,
                                             request.needlocation() ? WithLocations::kYes : WithLocations::kNo));
  for (const BatchedListing::Part& part : batch.parts) {
    // As stock: a refusal is in the answer, and the whole call is allowed all the same.
    const std::string& path = paths[part.path_index];
    if (!part.entries) (void)access_.audit().of(Result<Done>(fail(part.entries.error())), context, "listStatus", path);
    (void)access_.audit().of(Result<Done>(Done{}), context, "listStatus", path);
  }
  return batched_listing_response(batch, conversion(reading));
}

Result<GetContentSummaryResponseProto> ClientReads::get_content_summary(const GetContentSummaryRequestProto& request,
                                                                        const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(ContentSummary summary, access_.audit().of(content_summary(reading.query(), request.path()), context,
                                                     "contentSummary", request.path()));
  GetContentSummaryResponseProto response;
  to_proto(summary, *response.mutable_summary());
  return response;
}

Result<GetQuotaUsageResponseProto> ClientReads::get_quota_usage(const GetQuotaUsageRequestProto& request,
                                                                const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(QuotaUsage usage,
          access_.audit().of(quota_usage(reading.query(), request.path()), context, "quotaUsage", request.path()));
  GetQuotaUsageResponseProto response;
  to_proto(usage, *response.mutable_usage());
  return response;
}

Result<IsFileClosedResponseProto> ClientReads::is_file_closed(const IsFileClosedRequestProto& request,
                                                              const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(bool closed, dfs::namenode::is_file_closed(reading.query(), request.src()));
  IsFileClosedResponseProto response;
  response.set_result(closed);
  return response;
}

Result<GetPreferredBlockSizeResponseProto> ClientReads::get_preferred_block_size(
    const GetPreferredBlockSizeRequestProto& request, const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(uint64_t size, preferred_block_size(reading.query(), request.filename()));
  GetPreferredBlockSizeResponseProto response;
  response.set_bsize(size);
  return response;
}

Result<GetLinkTargetResponseProto> ClientReads::get_link_target(const GetLinkTargetRequestProto& request,
                                                                const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(std::string target, link_target(reading.query(), request.path()));
  GetLinkTargetResponseProto response;
  response.set_targetpath(std::move(target));
  return response;
}

Result<CheckAccessResponseProto> ClientReads::check_access(const CheckAccessRequestProto& request,
                                                           const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  std::optional<Access> access;
  if (request.mode() != AclEntryProto::NONE) access = Access(request.mode());
  DFS_TRY_OK(access_.audit().of(dfs::namenode::check_access(reading.query(), request.path(), access), context,
                                "checkAccess", request.path()));
  return CheckAccessResponseProto();
}

Result<GetServerDefaultsResponseProto> ClientReads::get_server_defaults(const GetServerDefaultsRequestProto&,
                                                                        const Context&) {
  GetServerDefaultsResponseProto response;
  to_proto(access_.settings(), *response.mutable_serverdefaults());
  return response;
}

Result<GetStoragePolicyResponseProto> ClientReads::get_storage_policy(const GetStoragePolicyRequestProto& request,
                                                                      const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(uint8_t id, storage_policy(reading.query(), request.path()));
  const StoragePolicy* policy = find_storage_policy(id == 0 ? kDefaultPolicy : id);
  if (policy == nullptr) policy = find_storage_policy(kDefaultPolicy);
  GetStoragePolicyResponseProto response;
  to_proto(*policy, *response.mutable_storagepolicy());
  return response;
}

Result<GetStoragePoliciesResponseProto> ClientReads::get_storage_policies(const GetStoragePoliciesRequestProto&,
                                                                          const Context&) {
  GetStoragePoliciesResponseProto response;
  for (const StoragePolicy& policy : storage_policies()) to_proto(policy, *response.add_policies());
  return response;
}

Result<ListOpenFilesResponseProto> ClientReads::list_open_files(const ListOpenFilesRequestProto& request,
                                                                const Context& context) {
  DFS_TRY(std::vector<std::string> names, path_components(request.path()));
  DFS_TRY_OK(require_superuser(access_, context, "listOpenFiles"));
  const auto& types = request.types();
  if (types.empty()) return fail(ErrorCode::kInvalidArgument, "Unknown OpenFileType: []");
  NamespaceAccess::Reading reading = read(access_, context);
  const size_t page = reading.settings.open_files_listing_max;
  const std::string path = join_path(names);
  const bool only_blocking = std::ranges::find(types, int(ALL_OPEN_FILES)) == types.end();
  const InodeId after{uint64_t(request.id())};
  DFS_TRY(std::vector<OpenFileEntry> entries, only_blocking
                                                  ? files_blocking_decommission(reading, after, page + 1, path)
                                                  : open_files(reading.query(), after, page + 1, path));
  ListOpenFilesResponseProto response;
  response.set_hasmore(entries.size() > page);
  if (entries.size() > page) entries.pop_back();
  for (const OpenFileEntry& entry : entries) {
    OpenFilesBatchResponseProto& out = *response.add_entries();
    out.set_id(int64_t(raw(entry.file)));
    out.set_path(entry.path);
    out.set_clientname(entry.holder);
    out.set_clientmachine(entry.client_machine);
  }
  for (int type : request.types()) response.add_types(OpenFilesTypeProto(type));
  return response;
}

Result<GetXAttrsResponseProto> ClientReads::get_xattrs(const GetXAttrsRequestProto& request, const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  auto answer = [&]() -> Result<GetXAttrsResponseProto> {
    DFS_TRY(std::vector<ExtendedAttribute> all, visible_xattrs(reading, request.src(), request.xattrs()));
    GetXAttrsResponseProto response;
    for (const XAttrProto& wanted : request.xattrs()) {
      auto found = std::ranges::find_if(all, [&](const ExtendedAttribute& xattr) {
        return xattr.name_space == wanted.namespace_() && xattr.name == wanted.name();
      });
      if (found == all.end()) {
        return fail(ErrorCode::kXattrNotFound, "At least one of the attributes provided was not found.");
      }
      to_proto(*found, *response.add_xattrs());
    }
    if (!request.xattrs().empty()) return response;
    for (const ExtendedAttribute& xattr : all) to_proto(xattr, *response.add_xattrs());
    return response;
  };
  return access_.audit().of(answer(), context, "getXAttrs", request.src());
}

Result<ListXAttrsResponseProto> ClientReads::list_xattrs(const ListXAttrsRequestProto& request,
                                                         const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(std::vector<ExtendedAttribute> all,
          access_.audit().of(visible_xattrs(reading, request.src(), {}), context, "listXAttrs", request.src()));
  ListXAttrsResponseProto response;
  for (const ExtendedAttribute& xattr : all) to_proto(xattr, *response.add_xattrs());
  return response;
}

}  // namespace dfs::namenode
