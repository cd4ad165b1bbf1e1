#include "namenode/service/client_protocol.h"

#include "namenode/service/namenode_protocol.h"
#include "proto/hadoop/GetUserMappingsProtocol.pb.h"
#include "proto/hadoop/NamenodeProtocol.pb.h"
#include "proto/hadoop/encryption.pb.h"
#include "proto/hadoop/inotify.pb.h"
#include "tests/unit/namenode/service/client_protocol_fixture.h"

namespace dfs::namenode {
namespace {

TEST_F(ClientProtocolTest, AFileGoesInAndItsStatusComesOut) {
  ASSERT_TRUE(mkdirs("/d"));
  ++rpc.call_id;
  CreateRequestProto create;
  create.set_src("/d/f");
  create.mutable_masked()->set_perm(0640);
  create.set_clientname("c1");
  create.set_createflag(CREATE | OVERWRITE);
  create.set_createparent(true);
  create.set_replication(2);
  create.set_blocksize(1000);
  auto created = call<CreateResponseProto>("create", create);
  ASSERT_TRUE(created) << error_of(created);
  AddBlockRequestProto add;
  add.set_src("/d/f");
  add.set_clientname("c1");
  add.set_fileid(created->fs().fileid());
  ++rpc.call_id;
  auto added = call<AddBlockResponseProto>("addBlock", add);
  ASSERT_TRUE(added) << error_of(added);
  ASSERT_EQ(added->block().locs_size(), 2);
  EXPECT_EQ(added->block().locs(0).id().hostname(), "host1");
  EXPECT_EQ(added->block().storageids(1), "DS-1");
  EXPECT_EQ(added->block().b().poolid(), "BP-1");
  CompleteRequestProto complete;
  complete.set_src("/d/f");
  complete.set_clientname("c1");
  complete.set_fileid(created->fs().fileid());
  *complete.mutable_last() = added->block().b();
  complete.mutable_last()->set_numbytes(321);
  ++rpc.call_id;
  ASSERT_TRUE(call<CompleteResponseProto>("complete", complete)->result());
  HdfsFileStatusProto status = info("/d/f").value();
  EXPECT_EQ(status.length(), 321);
  EXPECT_EQ(status.permission().perm(), 0640);
  EXPECT_EQ(status.owner(), "root");
  EXPECT_EQ(status.group(), "supergroup");
  EXPECT_EQ(status.block_replication(), 2);
  EXPECT_EQ(status.filetype(), HdfsFileStatusProto::IS_FILE);
  EXPECT_EQ(info("/d")->childrennum(), 1);
  EXPECT_FALSE(info("/none"));

  GetBlockLocationsRequestProto locate;
  locate.set_src("/d/f");
  locate.set_offset(0);
  locate.set_length(1000);
  wall_ms += 10 * settings.access_time_precision_ms;
  auto located = call<GetBlockLocationsResponseProto>("getBlockLocations", locate);
  ASSERT_TRUE(located) << error_of(located);
  EXPECT_EQ(located->locations().filelength(), 321);
  EXPECT_EQ(located->locations().blocks(0).locs_size(), 2);
  // The read left an access time behind.
  EXPECT_TRUE(std::holds_alternative<TimesOp>(log.back()));
}

TEST_F(ClientProtocolTest, ACallThatIsSentAgainIsAnsweredAndNotRepeated) {
  ASSERT_TRUE(mkdirs("/d"));
  DeleteRequestProto remove;
  remove.set_src("/d");
  remove.set_recursive(true);
  rpc.call_id = 5;
  EXPECT_TRUE(call<DeleteResponseProto>("delete", remove)->result());
  const size_t records = log.size();
  EXPECT_TRUE(call<DeleteResponseProto>("delete", remove)->result());
  EXPECT_EQ(log.size(), records);
  rpc.call_id = 6;
  EXPECT_FALSE(call<DeleteResponseProto>("delete", remove)->result());
  rpc.client_id.clear();
  EXPECT_TRUE(mkdirs("/e")->result());
}

TEST_F(ClientProtocolTest, TheCallerIsWhoTheContextSays) {
  rpc.user.user = "alice";
  EXPECT_EQ(mkdirs("/x").error().code(), ErrorCode::kAccessControl);
  EXPECT_EQ(error_of(call<RollEditsResponseProto>("rollEdits", RollEditsRequestProto())),
            "AccessControlException: Access denied for user alice. Superuser privilege is required for operation "
            "rollEditLog");
}

TEST_F(ClientProtocolTest, SnapshotsAreTakenListedComparedAndDeleted) {
  EXPECT_FALSE(call<GetSnapshottableDirListingResponseProto>("getSnapshottableDirListing",
                                                             GetSnapshottableDirListingRequestProto())
                   ->has_snapshottabledirlist());
  ASSERT_TRUE(mkdirs("/d/e"));
  AllowSnapshotRequestProto allow;
  allow.set_snapshotroot("/d");
  ASSERT_TRUE(call<AllowSnapshotResponseProto>("allowSnapshot", allow));
  CreateSnapshotRequestProto create;
  create.set_snapshotroot("/d");
  create.set_snapshotname("s1");
  EXPECT_EQ(call<CreateSnapshotResponseProto>("createSnapshot", create)->snapshotpath(), "/d/.snapshot/s1");
  // The same call again is answered as it was; another is refused.
  EXPECT_EQ(call<CreateSnapshotResponseProto>("createSnapshot", create)->snapshotpath(), "/d/.snapshot/s1");
  ++rpc.call_id;
  Result<CreateSnapshotResponseProto> again = call<CreateSnapshotResponseProto>("createSnapshot", create);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kSnapshot);
  RenameSnapshotRequestProto rename;
  rename.set_snapshotroot("/d");
  rename.set_snapshotoldname("s1");
  rename.set_snapshotnewname("s2");
  ASSERT_TRUE(call<RenameSnapshotResponseProto>("renameSnapshot", rename));
  ASSERT_TRUE(mkdirs("/d/f"));
  auto directories = call<GetSnapshottableDirListingResponseProto>("getSnapshottableDirListing",
                                                                   GetSnapshottableDirListingRequestProto());
  ASSERT_EQ(directories->snapshottabledirlist().snapshottabledirlisting_size(), 1);
  const auto& directory = directories->snapshottabledirlist().snapshottabledirlisting(0);
  EXPECT_EQ(directory.dirstatus().path(), "d");
  EXPECT_EQ(directory.parent_fullpath(), "/");
  EXPECT_EQ(directory.snapshot_number(), 1);
  EXPECT_EQ(directory.snapshot_quota(), 65536);
  GetSnapshotListingRequestProto list;
  list.set_snapshotroot("/d");
  auto snapshots = call<GetSnapshotListingResponseProto>("getSnapshotListing", list);
  ASSERT_EQ(snapshots->snapshotlist().snapshotlisting_size(), 1);
  EXPECT_EQ(snapshots->snapshotlist().snapshotlisting(0).dirstatus().path(), "s2");
  EXPECT_EQ(snapshots->snapshotlist().snapshotlisting(0).snapshotid(), 0);
  EXPECT_EQ(snapshots->snapshotlist().snapshotlisting(0).parent_fullpath(), "/d");
  GetSnapshotDiffReportRequestProto compare;
  compare.set_snapshotroot("/d");
  compare.set_fromsnapshot("s2");
  compare.set_tosnapshot("");
  auto report = call<GetSnapshotDiffReportResponseProto>("getSnapshotDiffReport", compare);
  ASSERT_EQ(report->diffreport().diffreportentries_size(), 2);
  EXPECT_EQ(report->diffreport().diffreportentries(1).modificationlabel(), "+");
  EXPECT_EQ(report->diffreport().diffreportentries(1).fullpath(), "f");
  GetSnapshotDiffReportListingRequestProto compare_page;
  compare_page.set_snapshotroot("/d");
  compare_page.set_fromsnapshot("s2");
  compare_page.set_tosnapshot("");
  compare_page.mutable_cursor()->set_startpath("");
  compare_page.mutable_cursor()->set_index(-1);
  auto page = call<GetSnapshotDiffReportListingResponseProto>("getSnapshotDiffReportListing", compare_page);
  EXPECT_EQ(page->diffreport().createdentries(0).fullpath(), "f");
  EXPECT_EQ(page->diffreport().modifiedentries(0).fullpath(), "");
  EXPECT_TRUE(page->diffreport().isfromearlier());
  EXPECT_EQ(page->diffreport().cursor().index(), -1);
  DeleteSnapshotRequestProto remove;
  remove.set_snapshotroot("/d");
  remove.set_snapshotname("s2");
  ASSERT_TRUE(call<DeleteSnapshotResponseProto>("deleteSnapshot", remove));
  DisallowSnapshotRequestProto disallow;
  disallow.set_snapshotroot("/d");
  ASSERT_TRUE(call<DisallowSnapshotResponseProto>("disallowSnapshot", disallow));
}

TEST_F(ClientProtocolTest, AbsentFeaturesAnswerAsAClusterWithoutThem) {
  GetEZForPathRequestProto zone;
  zone.set_src("/");
  EXPECT_FALSE(call<GetEZForPathResponseProto>("getEZForPath", zone)->has_zone());
  EXPECT_FALSE(call<GetDataEncryptionKeyResponseProto>("getDataEncryptionKey", GetDataEncryptionKeyRequestProto())
                   ->has_dataencryptionkey());
  EXPECT_EQ(error_of(call<HAServiceStateResponseProto>("getHAServiceState", HAServiceStateRequestProto())),
            "ServiceFailedException: HA for namenode is not enabled");
  RollingUpgradeRequestProto upgrade;
  upgrade.set_action(QUERY);
  EXPECT_FALSE(call<RollingUpgradeResponseProto>("rollingUpgrade", upgrade)->has_rollingupgradeinfo());
  upgrade.set_action(START);
  EXPECT_EQ(call<RollingUpgradeResponseProto>("rollingUpgrade", upgrade).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(call(client, "noSuchMethod", "").error().code(), ErrorCode::kNoSuchMethod);
  EXPECT_EQ(
      call<GetStoragePoliciesResponseProto>("getStoragePolicies", GetStoragePoliciesRequestProto())->policies_size(),
      8);
}

TEST_F(ClientProtocolTest, ChangesOfAbsentFeaturesAreRefusedWithHadoopsReasons) {
  ASSERT_TRUE(mkdirs("/d"));
  CreateEncryptionZoneRequestProto zone;
  zone.set_src("/d");
  EXPECT_EQ(error_of(call<CreateEncryptionZoneResponseProto>("createEncryptionZone", zone)),
            "IOException: Can't create an encryption zone for /d since no key provider is available.");
  EXPECT_FALSE(call<ListEncryptionZonesResponseProto>("listEncryptionZones",
                                                      [] {
                                                        ListEncryptionZonesRequestProto request;
                                                        request.set_id(0);
                                                        return request;
                                                      }())
                   ->hasmore());
  SatisfyStoragePolicyRequestProto satisfy;
  satisfy.set_src("/d");
  EXPECT_EQ(call<SatisfyStoragePolicyResponseProto>("satisfyStoragePolicy", satisfy).error().code(),
            ErrorCode::kUnsupportedAction);
  AddCachePoolRequestProto pool;
  pool.mutable_info()->set_poolname("p");
  EXPECT_EQ(call<AddCachePoolResponseProto>("addCachePool", pool).error().code(), ErrorCode::kUnsupported);
  CreateSymlinkRequestProto link;
  link.set_target("/d");
  link.set_link("/l");
  link.set_createparent(false);
  link.mutable_dirperm()->set_perm(0755);
  EXPECT_EQ(error_of(call<CreateSymlinkResponseProto>("createSymlink", link)),
            "UnsupportedOperationException: Symlinks not supported");
  rpc.user.user = "alice";
  EXPECT_EQ(call<AddCachePoolResponseProto>("addCachePool", pool).error().code(), ErrorCode::kAccessControl);
}

TEST_F(ClientProtocolTest, ErasureCodingPoliciesAreThoseOfAStockClusterAndStayAsTheyAre) {
  ASSERT_TRUE(mkdirs("/d"));
  auto policies =
      call<GetErasureCodingPoliciesResponseProto>("getErasureCodingPolicies", GetErasureCodingPoliciesRequestProto());
  ASSERT_TRUE(policies);
  ASSERT_EQ(policies->ecpolicies_size(), 5);
  EXPECT_EQ(policies->ecpolicies(2).id(), 1);
  EXPECT_EQ(policies->ecpolicies(2).state(), ENABLED);
  SetErasureCodingPolicyRequestProto set;
  set.set_src("/d");
  EXPECT_EQ(call<SetErasureCodingPolicyResponseProto>("setErasureCodingPolicy", set).error().code(),
            ErrorCode::kUnsupported);
  set.set_ecpolicyname("XOR-2-1-1024k");
  EXPECT_EQ(error_of(call<SetErasureCodingPolicyResponseProto>("setErasureCodingPolicy", set)),
            "HadoopIllegalArgumentException: Policy 'XOR-2-1-1024k' does not match any enabled erasure coding "
            "policies: [RS-6-3-1024k]. An erasure coding policy can be enabled by enableErasureCodingPolicy API.");
  UnsetErasureCodingPolicyRequestProto unset;
  unset.set_src("/d");
  EXPECT_EQ(error_of(call<UnsetErasureCodingPolicyResponseProto>("unsetErasureCodingPolicy", unset)),
            "NoECPolicySetException: No erasure coding policy explicitly set on /d");
  unset.set_src("/none");
  EXPECT_EQ(call<UnsetErasureCodingPolicyResponseProto>("unsetErasureCodingPolicy", unset).error().code(),
            ErrorCode::kFileNotFound);
  EnableErasureCodingPolicyRequestProto enable;
  enable.set_ecpolicyname("RS-6-3-1024k");
  EXPECT_TRUE(call<EnableErasureCodingPolicyResponseProto>("enableErasureCodingPolicy", enable));
  enable.set_ecpolicyname("x");
  EXPECT_EQ(error_of(call<EnableErasureCodingPolicyResponseProto>("enableErasureCodingPolicy", enable)),
            "HadoopIllegalArgumentException: The policy name x does not exist");
  EXPECT_EQ(call<GetECTopologyResultForPoliciesResponseProto>("getECTopologyResultForPolicies",
                                                              GetECTopologyResultForPoliciesRequestProto())
                ->response()
                .resultmessage(),
            "9 DataNodes are required for the erasure coding policies: RS-6-3-1024k. The number of DataNodes is only "
            "4.");
}

TEST_F(ClientProtocolTest, AclsAndQuotasGoInAndComeOut) {
  ASSERT_TRUE(mkdirs("/d"));
  ++rpc.call_id;
  ModifyAclEntriesRequestProto modify;
  modify.set_src("/d");
  AclEntryProto& entry = *modify.add_aclspec();
  entry.set_type(AclEntryProto::USER);
  entry.set_scope(AclEntryProto::ACCESS);
  entry.set_permissions(AclEntryProto::PERM_ALL);
  entry.set_name("carol");
  ASSERT_TRUE(call<ModifyAclEntriesResponseProto>("modifyAclEntries", modify));
  GetAclStatusRequestProto get;
  get.set_src("/d");
  auto acl = call<GetAclStatusResponseProto>("getAclStatus", get);
  ASSERT_TRUE(acl) << error_of(acl);
  ASSERT_EQ(acl->result().entries_size(), 2);
  EXPECT_EQ(acl->result().entries(0).name(), "carol");
  EXPECT_EQ(acl->result().entries(1).type(), AclEntryProto::GROUP);
  EXPECT_EQ(info("/d")->flags(), HdfsFileStatusProto::HAS_ACL);
  ++rpc.call_id;
  SetQuotaRequestProto quota;
  quota.set_path("/d");
  quota.set_namespacequota(uint64_t(INT64_MAX));
  quota.set_storagespacequota(1000);
  quota.set_storagetype(SSD);
  ASSERT_TRUE(call<SetQuotaResponseProto>("setQuota", quota));
  GetQuotaUsageRequestProto usage;
  usage.set_path("/d");
  auto found = call<GetQuotaUsageResponseProto>("getQuotaUsage", usage);
  ASSERT_TRUE(found) << error_of(found);
  EXPECT_EQ(found->usage().fileanddirectorycount(), 1);
  EXPECT_EQ(int64_t(found->usage().quota()), -1);
  ASSERT_EQ(found->usage().typequotainfos().typequotainfo_size(), 5);
  EXPECT_EQ(found->usage().typequotainfos().typequotainfo(0).type(), SSD);
  EXPECT_EQ(found->usage().typequotainfos().typequotainfo(0).quota(), 1000);
  expect_replay_equals_live();
}

TEST_F(ClientProtocolTest, ChangesAreAuditedWithWhatTheyLeaveAndRefusalsToo) {
  ASSERT_TRUE(mkdirs("/d"));
  ++rpc.call_id;
  RenameRequestProto rename;
  rename.set_src("/none");
  rename.set_dst("/e");
  ASSERT_FALSE(call<RenameResponseProto>("rename", rename)->result());
  rename.set_src("/d");
  ASSERT_TRUE(call<RenameResponseProto>("rename", rename)->result());
  ++rpc.call_id;
  rpc.user.user = "alice";
  ASSERT_FALSE(mkdirs("/e/x"));
  rpc.user.user = "root";
  DeleteRequestProto remove;
  remove.set_src("/none");
  remove.set_recursive(false);
  ASSERT_FALSE(call<DeleteResponseProto>("delete", remove)->result());
  ASSERT_EQ(audit_lines.lines.size(), 4);
  const std::string root = "ugi=root (auth:SIMPLE)\tip=/10.0.0.1\t";
  EXPECT_EQ(audit_lines.lines[0],
            "allowed=true\t" + root + "cmd=mkdirs\tsrc=/d\tdst=null\tperm=root:supergroup:rwxr-xr-x\tproto=rpc");
  EXPECT_EQ(audit_lines.lines[1],
            "allowed=true\t" + root + "cmd=rename\tsrc=/d\tdst=/e\tperm=root:supergroup:rwxr-xr-x\tproto=rpc");
  EXPECT_EQ(audit_lines.lines[2],
            "allowed=false\tugi=alice (auth:SIMPLE)\tip=/10.0.0.1\tcmd=mkdirs\tsrc=/e/x\tdst=null\tperm=null\t"
            "proto=rpc");
  EXPECT_EQ(audit_lines.lines[3], "allowed=false\t" + root + "cmd=delete\tsrc=/none\tdst=null\tperm=null\tproto=rpc");
}

TEST_F(ClientProtocolTest, AdministratorsReachTheirInterface) {
  SetSafeModeRequestProto safe_mode;
  safe_mode.set_action(SAFEMODE_ENTER);
  EXPECT_TRUE(call<SetSafeModeResponseProto>("setSafeMode", safe_mode)->result());
  EXPECT_EQ(call<RollEditsResponseProto>("rollEdits", RollEditsRequestProto())->newsegmenttxid(), 77);
  EXPECT_TRUE(call<SaveNamespaceResponseProto>("saveNamespace", SaveNamespaceRequestProto())->saved());
  SetBalancerBandwidthRequestProto bandwidth;
  bandwidth.set_bandwidth(9);
  EXPECT_TRUE(call<SetBalancerBandwidthResponseProto>("setBalancerBandwidth", bandwidth));
  EXPECT_EQ(administration.bandwidth, 9);
  MetaSaveRequestProto dump;
  dump.set_filename("meta.txt");
  EXPECT_TRUE(call<MetaSaveResponseProto>("metaSave", dump));
  EXPECT_TRUE(administration.dumps["meta.txt"].starts_with(
      "1 files and directories, 0 blocks = 1 total filesystem objects\nLive Datanodes: 4\nDead Datanodes: 0\n"))
      << administration.dumps["meta.txt"];
  GetDatanodeReportRequestProto report;
  report.set_type(LIVE);
  EXPECT_EQ(call<GetDatanodeReportResponseProto>("getDatanodeReport", report)->di_size(), 4);
  report.set_type(DEAD);
  EXPECT_EQ(call<GetDatanodeReportResponseProto>("getDatanodeReport", report)->di_size(), 0);
}

// InotifyFSEditLogOpTranslator
TEST_F(ClientProtocolTest, EditsAreToldAsEvents) {
  const PermissionStatus status{"alice", "staff", 0640};
  std::vector<EditRecord> records = {
      MkdirOp{.inode_id = InodeId{1}, .path = "/d", .timestamp_ms = 5, .permissions = status},
      AddOp{.path = "/f", .replication = 2, .atime_ms = 6, .block_size = 100, .permissions = status, .overwrite = true},
      AddBlockOp{.path = "/f"},
      CloseOp{.path = "/f", .mtime_ms = 7, .blocks = {{.num_bytes = 3}, {.num_bytes = 4}}},
      ConcatDeleteOp{.target = "/f", .sources = {"/g", "/h"}, .timestamp_ms = 8},
      RenameOp{.source = "/f", .destination = "/i", .timestamp_ms = 9},
      SetXAttrOp{.source = "/i", .xattrs = {{.name_space = 1, .name = "n", .value = "v"}}},
      SetAclOp{.source = "/i", .acl_entries = {{AclScope::kDefault, AclType::kGroup, "ops", 5}}},
      TruncateOp{.source = "/i", .new_length = 2, .timestamp_ms = 10},
      DeleteOp{.path = "/i", .timestamp_ms = 11}};
  for (EditRecord& record : records) {
    administration.edits.push_back({TransactionId{11 + administration.edits.size()}, std::move(record)});
  }
  ASSERT_TRUE(tables->write(Batch{}, TransactionId{20}));
  auto ask = [&](int64_t from) {
    GetEditsFromTxidRequestProto request;
    request.set_txid(from);
    auto response = call<GetEditsFromTxidResponseProto>("getEditsFromTxid", request);
    EXPECT_TRUE(response) << error_of(response);
    return response ? response->eventslist() : EventsListProto();
  };
  auto kinds = [](const EventsListProto& list) {
    std::vector<int> found;
    for (const auto& batch : list.batch()) {
      for (const auto& event : batch.events()) found.push_back(event.type());
    }
    return found;
  };
  EventsListProto all = ask(11);
  EXPECT_EQ(all.firsttxid(), 11);
  EXPECT_EQ(all.lasttxid(), 20);
  EXPECT_EQ(all.synctxid(), 20);
  EXPECT_EQ(kinds(all), (std::vector<int>{EVENT_CREATE, EVENT_CREATE, EVENT_CLOSE, EVENT_APPEND, EVENT_UNLINK,
                                          EVENT_UNLINK, EVENT_CLOSE, EVENT_RENAME, EVENT_METADATA, EVENT_METADATA,
                                          EVENT_TRUNCATE, EVENT_UNLINK}));
  CreateEventProto created;
  ASSERT_TRUE(created.ParseFromString(all.batch(1).events(0).contents()));
  EXPECT_EQ(created.type(), I_TYPE_FILE);
  EXPECT_TRUE(created.overwrite());
  EXPECT_EQ(created.defaultblocksize(), 100);
  EXPECT_EQ(created.perms().perm(), 0640u);
  CloseEventProto closed;
  ASSERT_TRUE(closed.ParseFromString(all.batch(2).events(0).contents()));
  EXPECT_EQ(closed.filesize(), 7);
  EXPECT_EQ(all.batch(2).txid(), 14);
  MetadataUpdateEventProto acl;
  ASSERT_TRUE(acl.ParseFromString(all.batch(6).events(0).contents()));
  EXPECT_EQ(acl.acls(0).name(), "ops");
  EXPECT_EQ(acl.acls(0).permissions(), AclEntryProto::READ_EXECUTE);

  EXPECT_EQ(kinds(ask(20)), (std::vector<int>{EVENT_UNLINK}));
  EventsListProto none = ask(21);
  EXPECT_EQ(none.firsttxid(), -1);
  EXPECT_EQ(none.lasttxid(), -1);
  EXPECT_EQ(none.synctxid(), 20);
  rpc.user.user = "alice";
  GetEditsFromTxidRequestProto request;
  request.set_txid(1);
  EXPECT_EQ(call<GetEditsFromTxidResponseProto>("getEditsFromTxid", request).error().code(), ErrorCode::kAccessControl);
}

TEST_F(ClientProtocolTest, GroupsAreToldToThoseWhoAsk) {
  GetUserMappingsProtocol mappings(access);
  hadoop::common::GetGroupsForUserRequestProto request;
  request.set_user("bob");
  hadoop::common::GetGroupsForUserResponseProto response;
  ASSERT_TRUE(response.ParseFromString(call(mappings, "getGroupsForUser", request.SerializeAsString()).value()));
  ASSERT_EQ(response.groups_size(), 1);
  EXPECT_EQ(response.groups(0), "bob-group");
}

// What a balancer and a secondary NameNode ask, as text.
TEST_F(ClientProtocolTest, NamenodeProtocolAnswersItsSuperuserAndHasNoImages) {
  ClusterIdentity identity;
  identity.block_pool_id = "BP-1";
  NamenodeProtocol protocol(access, administration, identity);
  namespace hn = hadoop::hdfs::namenode;
  NamenodeRegistrationProto other;
  other.set_rpcaddress("a");
  other.set_httpaddress("b");
  StorageInfoProto& storage = *other.mutable_storageinfo();
  storage.set_layoutversion(0);
  storage.set_namespceid(0);
  storage.set_clusterid("");
  storage.set_ctime(0);
  hn::GetBlocksRequestProto blocks;
  DatanodeIDProto& id = *blocks.mutable_datanode();
  id.set_ipaddr("10.0.0.1");
  id.set_hostname("host1");
  id.set_datanodeuuid("nobody");
  id.set_xferport(1);
  id.set_infoport(1);
  id.set_ipcport(1);
  blocks.set_size(1);
  hn::ErrorReportRequestProto report;
  *report.mutable_registration() = other;
  report.set_errorcode(0);
  report.set_msg("x");
  hn::EndCheckpointRequestProto end;
  *end.mutable_registration() = other;
  end.mutable_signature()->set_blockpoolid("");
  end.mutable_signature()->set_mostrecentcheckpointtxid(0);
  end.mutable_signature()->set_cursegmenttxid(0);
  *end.mutable_signature()->mutable_storageinfo() = storage;
  hn::RegisterRequestProto registration;
  *registration.mutable_registration() = other;
  hn::GetEditLogManifestRequestProto manifest;
  manifest.set_sincetxid(1);
  const std::string none, one = registration.SerializeAsString();
  using Code = std::optional<ErrorCode>;
  const std::vector<std::tuple<std::string_view, std::string, Code>> table{
      {"getBlocks", blocks.SerializeAsString(), ErrorCode::kHadoopInvalidArgument},
      {"getBlockKeys", none, Code()},
      {"getTransactionId", none, Code()},
      {"getMostRecentCheckpointTxId", none, ErrorCode::kUnsupported},
      {"rollEditLog", none, Code()},
      {"errorReport", report.SerializeAsString(), Code()},
      {"registerSubordinateNamenode", one, ErrorCode::kUnsupported},
      {"startCheckpoint", one, ErrorCode::kUnsupported},
      {"endCheckpoint", end.SerializeAsString(), ErrorCode::kUnsupported},
      {"getEditLogManifest", manifest.SerializeAsString(), Code()},
      {"isUpgradeFinalized", none, Code()},
      {"isRollingUpgrade", none, Code()},
      {"getNextSPSPath", none, Code()},
  };
  for (const auto& [method, request, code] : table) {
    rpc.user.user = "root";
    Result<std::string> answer = call(protocol, method, request);
    EXPECT_EQ(answer ? Code() : Code(answer.error().code()), code) << method;
    rpc.user.user = "alice";
    answer = call(protocol, method, request);
    ASSERT_FALSE(answer) << method;
    EXPECT_EQ(answer.error().code(), ErrorCode::kAccessControl) << method;
  }
  EXPECT_TRUE(call(protocol, "versionRequest", none));  // for everybody
  blocks.set_size(0);
  EXPECT_EQ(call(protocol, "getBlocks", blocks.SerializeAsString()).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(ClientProtocolTest, AListingThatIsKeptIsThatOfTheDirectoryAsItIs) {
  auto change = [&](std::string_view method, const google::protobuf::MessageLite& request) {
    ++rpc.call_id;
    ASSERT_TRUE(call(client, method, request.SerializeAsString())) << method;
  };
  auto expect_equal_to_a_new_one = [&](const std::string& path) {
    GetListingRequestProto request;
    request.set_src(path);
    request.set_startafter("");
    request.set_needlocation(false);
    ClientProtocol without_a_memory{access, administration};
    const auto wanted = call(without_a_memory, "getListing", request.SerializeAsString());
    for (int again = 0; again < 2; ++again) {
      const auto listed = call(client, "getListing", request.SerializeAsString());
      ASSERT_TRUE(listed && wanted) << path;
      EXPECT_EQ(*listed, *wanted) << path;
    }
  };
  for (const char* path : {"/d/a", "/d/b/c", "/e"}) ASSERT_TRUE(mkdirs(path));
  SetPermissionRequestProto permission;
  permission.set_src("/d/a");
  SetStoragePolicyRequestProto policy;
  policy.set_src("/d");
  policy.set_policyname("COLD");
  RenameRequestProto rename;
  rename.set_src("/d/a");
  rename.set_dst("/e/a");
  MkdirsRequestProto grandchild;
  grandchild.set_src("/d/b/new");
  grandchild.mutable_masked()->set_perm(0700);
  grandchild.set_createparent(true);
  DeleteRequestProto remove;
  remove.set_src("/d/b");
  remove.set_recursive(true);
  for (uint32_t step = 0; step < 7; ++step) {
    SCOPED_TRACE(step);
    for (const char* path : {"/", "/d", "/e"}) expect_equal_to_a_new_one(path);
    if (step == 0 || step == 1) {
      permission.mutable_permission()->set_perm(0700 + step);
      change("setPermission", permission);
    }
    if (step == 2) change("mkdirs", grandchild);
    if (step == 3) change("setStoragePolicy", policy);
    if (step == 4) change("rename", rename);
    if (step == 5) change("delete", remove);
  }
  // Who may not see it is not shown what others were.
  permission.set_src("/d");
  permission.mutable_permission()->set_perm(0700);
  change("setPermission", permission);
  expect_equal_to_a_new_one("/d");
  rpc.user.user = "alice";
  GetListingRequestProto request;
  request.set_src("/d");
  request.set_startafter("");
  request.set_needlocation(false);
  const auto refused = call(client, "getListing", request.SerializeAsString());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kAccessControl);
}

}  // namespace
}  // namespace dfs::namenode
