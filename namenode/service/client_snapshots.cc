#include "namenode/namespace/operations/snapshots.h"
#include "namenode/namespace/snapshot_queries.h"
#include "namenode/service/client_methods.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

namespace {

ConversionContext conversion_of(const NamespaceAccess::Reading& reading) {
  return {*reading.datanodes, reading.settings.block_pool_id};
}

// What the audit log calls a snapshot; an empty name stands for the present.
std::string audited(const std::string& directory, const std::string& name) {
  return name.empty() ? directory : snapshot_path(directory, name);
}

template <class Request>
SnapshotDiffRequest diff_request(const Request& request) {
  return {.path = request.snapshotroot(), .from = request.fromsnapshot(), .to = request.tosnapshot()};
}

void to_proto(const SnapshotDiffListing::Entry& entry, SnapshotDiffReportListingEntryProto& out) {
  out.set_fullpath(entry.path);
  out.set_dirid(raw(entry.directory));
  out.set_fileid(raw(entry.inode));
  out.set_isreference(entry.is_reference);
  out.set_targetpath(entry.target.value_or(""));
}

}  // namespace

void ClientSnapshots::add_to(rpc::MethodTable& table, const asio::any_io_executor& long_reads) {
  table.add("allowSnapshot", this, &ClientSnapshots::allow_snapshot);
  table.add("disallowSnapshot", this, &ClientSnapshots::disallow_snapshot);
  table.add("createSnapshot", this, &ClientSnapshots::create_snapshot);
  table.add("renameSnapshot", this, &ClientSnapshots::rename_snapshot);
  table.add("deleteSnapshot", this, &ClientSnapshots::delete_snapshot);
  table.add("getSnapshottableDirListing", this, &ClientSnapshots::get_snapshottable_listing);
  table.add("getSnapshotListing", this, &ClientSnapshots::get_snapshot_listing);
  table.add_on(long_reads, "getSnapshotDiffReport", this, &ClientSnapshots::get_diff_report);
  table.add_on(long_reads, "getSnapshotDiffReportListing", this, &ClientSnapshots::get_diff_report_listing);
}

Later<Result<AllowSnapshotResponseProto>> ClientSnapshots::allow_snapshot(const AllowSnapshotRequestProto& request,
                                                                          const Context& context) {
  operations::AllowSnapshot op{.directory = request.snapshotroot()};
  DFS_CO_TRY_OK(access_.audit().of(
      co_await access_.write(caller_of(access_, context), &operations::allow_snapshot, std::move(op)), context,
      "allowSnapshot", request.snapshotroot()));
  co_return AllowSnapshotResponseProto();
}

Later<Result<DisallowSnapshotResponseProto>> ClientSnapshots::disallow_snapshot(
    const DisallowSnapshotRequestProto& request, const Context& context) {
  operations::DisallowSnapshot op{.directory = request.snapshotroot()};
  DFS_CO_TRY_OK(access_.audit().of(
      co_await access_.write(caller_of(access_, context), &operations::disallow_snapshot, std::move(op)), context,
      "disallowSnapshot", request.snapshotroot()));
  co_return DisallowSnapshotResponseProto();
}

Later<Result<CreateSnapshotResponseProto>> ClientSnapshots::create_snapshot(const CreateSnapshotRequestProto& request,
                                                                            const Context& context) {
  operations::CreateSnapshot op{.directory = request.snapshotroot(), .name = request.snapshotname()};
  Result<std::string> made =
      co_await access_.write(caller_of(access_, context), &operations::create_snapshot, std::move(op));
  const std::string path = made ? *made : "null";
  DFS_CO_TRY_OK(access_.audit().of(std::move(made), context, "createSnapshot", request.snapshotroot(), path));
  CreateSnapshotResponseProto response;
  response.set_snapshotpath(path);
  co_return response;
}

Later<Result<RenameSnapshotResponseProto>> ClientSnapshots::rename_snapshot(const RenameSnapshotRequestProto& request,
                                                                            const Context& context) {
  operations::RenameSnapshot op{.directory = request.snapshotroot(),
                                .old_name = request.snapshotoldname(),
                                .new_name = request.snapshotnewname()};
  DFS_CO_TRY_OK(access_.audit().of(
      co_await access_.write(caller_of(access_, context), &operations::rename_snapshot, std::move(op)), context,
      "renameSnapshot", snapshot_path(request.snapshotroot(), request.snapshotoldname()),
      snapshot_path(request.snapshotroot(), request.snapshotnewname())));
  co_return RenameSnapshotResponseProto();
}

Later<Result<DeleteSnapshotResponseProto>> ClientSnapshots::delete_snapshot(const DeleteSnapshotRequestProto& request,
                                                                            const Context& context) {
  operations::DeleteSnapshot op{.directory = request.snapshotroot(), .name = request.snapshotname()};
  DFS_CO_TRY_OK(access_.audit().of(
      co_await access_.write(caller_of(access_, context), &operations::delete_snapshot, std::move(op)), context,
      "deleteSnapshot", snapshot_path(request.snapshotroot(), request.snapshotname())));
  co_return DeleteSnapshotResponseProto();
}

Result<GetSnapshottableDirListingResponseProto> ClientSnapshots::get_snapshottable_listing(
    const GetSnapshottableDirListingRequestProto&, const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(auto listing,
          access_.audit().of(snapshottable_listing(reading.query()), context, "listSnapshottableDirectory", "null"));
  GetSnapshottableDirListingResponseProto response;
  if (!listing) return response;
  response.mutable_snapshottabledirlist();
  for (const SnapshottableStatus& status : *listing) {
    SnapshottableDirectoryStatusProto& out = *response.mutable_snapshottabledirlist()->add_snapshottabledirlisting();
    to_proto(status.status, conversion_of(reading), *out.mutable_dirstatus());
    out.set_parent_fullpath(status.parent_path);
    out.set_snapshot_number(status.snapshot_count);
    out.set_snapshot_quota(status.snapshot_quota);
  }
  return response;
}

Result<GetSnapshotListingResponseProto> ClientSnapshots::get_snapshot_listing(
    const GetSnapshotListingRequestProto& request, const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(auto listing, access_.audit().of(snapshot_listing(reading.query(), request.snapshotroot()), context,
                                           "ListSnapshot", request.snapshotroot()));
  GetSnapshotListingResponseProto response;
  response.mutable_snapshotlist();
  for (const SnapshotStatus& status : listing) {
    SnapshotStatusProto& out = *response.mutable_snapshotlist()->add_snapshotlisting();
    to_proto(status.status, conversion_of(reading), *out.mutable_dirstatus());
    out.set_snapshotid(uint32_t(status.id));
    out.set_parent_fullpath(status.directory);
    out.set_isdeleted(false);
  }
  return response;
}

Result<GetSnapshotDiffReportResponseProto> ClientSnapshots::get_diff_report(
    const GetSnapshotDiffReportRequestProto& request, const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  DFS_TRY(SnapshotDiffReport report,
          access_.audit().of(snapshot_diff(reading.query(), diff_request(request)), context, "computeSnapshotDiff",
                             audited(request.snapshotroot(), request.fromsnapshot()),
                             audited(request.snapshotroot(), request.tosnapshot())));
  GetSnapshotDiffReportResponseProto response;
  SnapshotDiffReportProto& out = *response.mutable_diffreport();
  out.set_snapshotroot(report.root);
  out.set_fromsnapshot(report.from);
  out.set_tosnapshot(report.to);
  for (SnapshotDiffReport::Entry& entry : report.entries) {
    SnapshotDiffReportEntryProto& one = *out.add_diffreportentries();
    one.set_fullpath(std::move(entry.path));
    one.set_modificationlabel(std::string(1, char(entry.type)));
    if (entry.type == DiffType::kRename) one.set_targetpath(std::move(entry.target));
  }
  return response;
}

Result<GetSnapshotDiffReportListingResponseProto> ClientSnapshots::get_diff_report_listing(
    const GetSnapshotDiffReportListingRequestProto& request, const Context& context) {
  NamespaceAccess::Reading reading = read(access_, context);
  SnapshotDiffCursor cursor;
  if (request.has_cursor()) cursor = {request.cursor().startpath(), request.cursor().index()};
  DFS_TRY(SnapshotDiffListing listing,
          access_.audit().of(snapshot_diff_listing(reading.query(), diff_request(request), cursor), context,
                             "computeSnapshotDiff", audited(request.snapshotroot(), request.fromsnapshot()),
                             audited(request.snapshotroot(), request.tosnapshot())));
  GetSnapshotDiffReportListingResponseProto response;
  SnapshotDiffReportListingProto& out = *response.mutable_diffreport();
  for (const auto& entry : listing.modified) to_proto(entry, *out.add_modifiedentries());
  for (const auto& entry : listing.created) to_proto(entry, *out.add_createdentries());
  for (const auto& entry : listing.deleted) to_proto(entry, *out.add_deletedentries());
  out.set_isfromearlier(listing.from_earlier);
  out.mutable_cursor()->set_startpath(listing.cursor.path);
  out.mutable_cursor()->set_index(listing.cursor.index);
  return response;
}

}  // namespace dfs::namenode
