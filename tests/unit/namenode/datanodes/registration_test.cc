#include "namenode/datanodes/registration.h"

#include <gtest/gtest.h>

#include "namenode/datanodes/report_leases.h"
#include "namenode/datanodes/topology.h"

namespace dfs::namenode {
namespace {

TEST(Versions, compare_by_number_and_a_qualifier_comes_before_the_release) {
  EXPECT_LT(compare_versions("2.1.0-beta", "2.1.0"), 0);
  EXPECT_GT(compare_versions("2.10.0", "2.9.9"), 0);
  EXPECT_GT(compare_versions("3.4.1", "2.1.0-beta"), 0);
  EXPECT_EQ(compare_versions("3.4", "3.4.0"), 0);
  EXPECT_LT(compare_versions("2.1.0-alpha", "2.1.0-beta"), 0);
  EXPECT_LT(compare_versions("", "2.1.0-beta"), 0);
  EXPECT_GT(compare_versions("3.4.1-SNAPSHOT", "2.1.0-beta"), 0);
}

TEST(Registration, old_software_and_another_creation_time_are_refused) {
  ClusterIdentity identity{.namespace_id = 5, .cluster_id = "CID-1", .block_pool_id = "BP-1", .creation_time_ms = 7};
  Registration registration;
  registration.software_version = "2.0.5";
  registration.namespace_id = 5;
  registration.cluster_id = "CID-1";
  registration.creation_time_ms = 7;
  Result<void> checked = check_software(registration, identity, "2.1.0-beta", "3.4.1");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::kIncorrectVersion);
  EXPECT_EQ(checked.error().message(),
            "The reported DataNode version is too low to communicate with this NameNode. DataNode version: '2.0.5' "
            "Minimum DataNode version: '2.1.0-beta'");
  registration.software_version = "3.3.6";
  EXPECT_TRUE(check_software(registration, identity, "2.1.0-beta", "3.4.1"));
  EXPECT_TRUE(check_identity(registration, identity));
  registration.creation_time_ms = 8;
  EXPECT_FALSE(check_software(registration, identity, "2.1.0-beta", "3.4.1"));
  checked = check_identity(registration, identity);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message(),
            "Unregistered server: DatanodeRegistration(:0, datanodeUuid=, infoPort=0, infoSecurePort=0, ipcPort=0, "
            "storageInfo=lv=0;cid=CID-1;nsid=5;c=8)");
}

TEST(Topology, finds_racks_by_address_then_by_name) {
  Topology topology = Topology::parse("# table\n10.0.0.1 /dc/a/\nhost2\tb\nbroken\nto o many\n");
  EXPECT_EQ(topology.location_of("10.0.0.1", "host2"), "/dc/a");
  EXPECT_EQ(topology.location_of("10.0.0.2", "host2"), "/b");
  EXPECT_EQ(topology.location_of("10.0.0.3", "broken"), "/default-rack");
}

TEST(BlockReportLeases, are_few_expire_and_can_be_used_by_their_owner_only) {
  BlockReportLeases leases({.leases_max = 2, .expiry = std::chrono::minutes(5)}, 0);
  TimePoint now{std::chrono::hours(1)};
  uint64_t a = leases.request("a", now), b = leases.request("b", now + std::chrono::minutes(1));
  EXPECT_NE(a, 0u);
  EXPECT_NE(a, b);
  EXPECT_EQ(leases.request("c", now), 0u);
  EXPECT_TRUE(leases.valid("a", a, now));
  EXPECT_FALSE(leases.valid("a", b, now));
  EXPECT_FALSE(leases.valid("c", a, now));
  EXPECT_TRUE(leases.valid("c", 0, now));  // brings none
  uint64_t again = leases.request("a", now);
  EXPECT_FALSE(leases.valid("a", a, now));
  EXPECT_TRUE(leases.valid("a", again, now));
  EXPECT_FALSE(leases.valid("a", again, now + std::chrono::minutes(5)));
  EXPECT_NE(leases.request("c", now + std::chrono::minutes(5)), 0u);
  leases.release("b");
  EXPECT_FALSE(leases.valid("b", b, now));
}

}  // namespace
}  // namespace dfs::namenode
