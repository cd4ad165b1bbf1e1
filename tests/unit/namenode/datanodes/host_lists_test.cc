#include "namenode/datanodes/host_lists.h"

#include <gtest/gtest.h>

#include "namenode/host_files.h"
#include "proto/io/disk.h"

namespace dfs::namenode {
namespace {

Registration datanode(std::string ip_address, std::string host_name = "some.where", uint16_t port = 9866) {
  Registration registration;
  registration.ip_address = std::move(ip_address);
  registration.host_name = std::move(host_name);
  registration.transfer_port = port;
  return registration;
}

AdminState wanted(const HostLists& lists, const Registration& datanode, uint64_t now_ms = 0) {
  return lists.wish_for(datanode, WallTime(std::chrono::milliseconds(now_ms))).state;
}
bool admits(const HostLists& lists, const Registration& datanode) {
  return lists.wish_for(datanode, WallTime()).admitted;
}

TEST(HostLists, are_words_until_one_that_begins_a_comment) {
  HostLists lists =
      HostLists::of_files(" 10.0.0.1\t10.0.0.2:9866 # 10.0.0.3\n#10.0.0.4\n10.0.0.5:x :7\n[::1]:9866", "");
  EXPECT_TRUE(admits(lists, datanode("10.0.0.1")));
  EXPECT_TRUE(admits(lists, datanode("10.0.0.2")));
  EXPECT_FALSE(admits(lists, datanode("10.0.0.2", "", 9867)));
  for (const char* other : {"10.0.0.3", "10.0.0.4", "10.0.0.5"}) EXPECT_FALSE(admits(lists, datanode(other)));
  EXPECT_TRUE(admits(lists, datanode("::1")));
  EXPECT_FALSE(admits(lists, datanode("::1", "", 1)));
  EXPECT_EQ(lists.admitted().size(), 3u);
}

TEST(HostLists, admit_everybody_where_they_name_nobody) {
  EXPECT_TRUE(admits(HostLists(), datanode("10.0.0.1")));
  HostLists lists = HostLists::of_files("", "10.0.0.1");
  EXPECT_TRUE(admits(lists, datanode("10.0.0.1")));
  EXPECT_EQ(wanted(lists, datanode("10.0.0.1")), AdminState::kDecommissioned);
  EXPECT_EQ(wanted(lists, datanode("10.0.0.2")), AdminState::kNormal);
}

TEST(HostLists, know_a_datanode_by_its_address_where_a_name_resolves) {
  HostLists lists = HostLists::of_files("here.example gone.example", "");
  lists.resolve([](const std::string& name) -> std::optional<std::string> {
    if (name == "here.example") return "10.0.0.1";
    return std::nullopt;
  });
  EXPECT_TRUE(admits(lists, datanode("10.0.0.1")));
  EXPECT_FALSE(admits(lists, datanode("10.0.0.2", "here.example")));
  EXPECT_TRUE(admits(lists, datanode("10.0.0.3", "gone.example")));
  EXPECT_FALSE(admits(lists, datanode("10.0.0.2", "10.0.0.1")));  // a name that passes for an address
}

TEST(HostLists, combined_say_who_leaves_and_for_how_long) {
  Result<std::vector<HostEntry>> entries = parse_combined_hosts(R"([
    {"hostName": "10.0.0.1", "upgradeDomain": "ud0"},
    {"hostName": "10.0.0.2", "port": 9866, "adminState": "DECOMMISSIONED"},
    {"hostName": "10.0.0.3", "adminState": "IN_MAINTENANCE", "maintenanceExpireTimeInMS": 5000}])");
  ASSERT_TRUE(entries) << entries.error().message();
  HostLists lists = HostLists::of_entries(*entries);
  EXPECT_EQ(lists.wish_for(datanode("10.0.0.1"), WallTime()).upgrade_domain, "ud0");
  EXPECT_EQ(wanted(lists, datanode("10.0.0.2")), AdminState::kDecommissioned);
  EXPECT_FALSE(admits(lists, datanode("10.0.0.2", "", 9867)));
  EXPECT_EQ(wanted(lists, datanode("10.0.0.3"), 4999), AdminState::kInMaintenance);
  EXPECT_EQ(wanted(lists, datanode("10.0.0.3"), 5000), AdminState::kNormal);
  EXPECT_FALSE(admits(lists, datanode("10.0.0.4")));
  // None is wanted in service by name: everybody is.
  lists = HostLists::of_entries({{.host = "10.0.0.2", .wanted = AdminState::kDecommissioned}});
  EXPECT_TRUE(admits(lists, datanode("10.0.0.4")));
}

TEST(HostLists, combined_may_be_one_object_after_the_other_and_nothing_else) {
  Result<std::vector<HostEntry>> entries = parse_combined_hosts("{\"hostName\": \"a\"}\n{\"hostName\": \"b\"}\n");
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->size(), 2u);
  EXPECT_TRUE(parse_combined_hosts(" \n")->empty());
  for (const char* wrong :
       {"[", "{", "[1]", "[{}]", R"([{"hostName": 1}])", R"([{"hostName": "a", "port": 70000}])",
        R"([{"hostName": "a", "adminState": "GONE"}])", R"([{"hostName": "a", "maintenanceExpireTimeInMS": -1}])",
        R"([{"hostName": "a", "colour": "red"}])", R"([{"hostName": "a", "upgradeDomain": []}])"}) {
    EXPECT_FALSE(parse_combined_hosts(wrong)) << wrong;
  }
}

TEST(HostFiles, are_read_and_resolved_and_an_unreadable_one_is_an_error) {
  const std::string directory = testing::TempDir() + "host_files";
  ASSERT_TRUE(Disk::posix().make_directories(directory, 0755));
  ASSERT_TRUE(Disk::posix().write_file_atomically(directory + "/in", "localhost:9866 no.such.host.invalid\n"));
  Result<HostLists> lists = read_host_lists({.included = directory + "/in", .excluded = {}});
  ASSERT_TRUE(lists) << lists.error().message();
  EXPECT_TRUE(admits(*lists, datanode("127.0.0.1")));
  EXPECT_TRUE(admits(*lists, datanode("10.0.0.1", "no.such.host.invalid")));
  EXPECT_FALSE(admits(*lists, datanode("10.0.0.1")));
  EXPECT_FALSE(read_host_lists({.included = {}, .excluded = directory + "/none"}));
  EXPECT_FALSE(read_host_lists({.included = directory + "/in", .excluded = {}, .combined = true}));
  ASSERT_TRUE(Disk::posix().write_file_atomically(directory + "/in", ""));
  lists = read_host_lists({.included = directory + "/in", .excluded = {}, .combined = true});
  ASSERT_TRUE(lists);
  EXPECT_TRUE(admits(*lists, datanode("10.0.0.1")));
  ASSERT_TRUE(Disk::posix().remove_tree(directory));
}

}  // namespace
}  // namespace dfs::namenode
