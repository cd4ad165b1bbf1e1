#include "proto/config/configuration.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace dfs {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

class ConfigurationTest : public testing::Test {
 protected:
  ConfigurationTest() {
    char name[] = "/tmp/tusk-configuration-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~ConfigurationTest() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(directory_ + "/" + name) << content;
    return directory_ + "/" + name;
  }
  std::string site(const std::string& properties) {
    return write("hdfs-site.xml", "<configuration>\n" + properties + "</configuration>\n");
  }
  static std::string property(const std::string& name, const std::string& value) {
    return "<property><name>" + name + "</name><value>" + value + "</value></property>\n";
  }
  Configuration loaded(const std::vector<std::string>& overrides = {}) {
    auto result = Configuration::load(directory_, overrides);
    EXPECT_TRUE(result) << result.error().message();
    return result.value_or(Configuration());
  }
  std::string load_error(const std::vector<std::string>& overrides = {}) {
    auto result = Configuration::load(directory_, overrides);
    EXPECT_FALSE(result);
    return result ? "" : result.error().message();
  }

  std::string directory_;
};

TEST_F(ConfigurationTest, EveryDefaultIsReadableByItsOwnGetter) {
  Configuration none;
#define DFS_KEY(constant, type, name, default_value) EXPECT_TRUE(none.get(keys::constant)) << name;
#include "proto/config/keys.def"
#undef DFS_KEY
}

TEST_F(ConfigurationTest, WithoutFilesOursAndHadoopsDefaultsHold) {
  Configuration none = loaded();
  EXPECT_EQ(*none.get(keys::kDefaultFs), "hdfs://localhost:8020");
  EXPECT_EQ(*none.get(keys::kBlockSize), 64u << 20);
  EXPECT_EQ(*none.get(keys::kHeartbeatInterval), 3s);
  EXPECT_EQ(*none.get(keys::kHeartbeatRecheck), 5min);
  EXPECT_DOUBLE_EQ(*none.get(keys::kSafeModeThreshold), 0.999);
  auto names = *none.get(keys::kNameDirs);
  ASSERT_EQ(names.size(), 1u);
  EXPECT_TRUE(names[0].starts_with("file:///tmp/hadoop-")) << names[0];
  EXPECT_TRUE(names[0].ends_with("/dfs/name"));
  EXPECT_EQ(*none.get(keys::kEditsDirs), names);
}

TEST_F(ConfigurationTest, ALaterFileWinsUnlessTheEarlierValueIsFinal) {
  write("core-site.xml",
        "<?xml version=\"1.0\"?><?xml-stylesheet type=\"text/xsl\" href=\"configuration.xsl\"?>\n"
        "<!-- x --><configuration>\n"
        "<property><name>dfs.replication</name><value>2</value></property>"
        "<property><name> dfs.blocksize </name><value>1m</value><final>true</final></property>"
        "</configuration>");
  site(property("dfs.replication", " 1 ") + property("dfs.blocksize", "2m"));
  Configuration configuration = loaded();
  EXPECT_EQ(*configuration.get(keys::kReplication), 1);
  EXPECT_EQ(*configuration.get(keys::kBlockSize), 1u << 20);
}

TEST_F(ConfigurationTest, AnOverrideWinsOverFinalValuesAndMayHoldEqualsSigns) {
  site("<property name=\"dfs.blocksize\" value=\"2m\" final=\"true\"/>");
  Configuration configuration = loaded({"dfs.blocksize=4m", "fs.permissions.umask-mode=u=rwx"});
  EXPECT_EQ(*configuration.get(keys::kBlockSize), 4u << 20);
  EXPECT_EQ(*configuration.get(keys::kUmask), "u=rwx");
}

TEST_F(ConfigurationTest, DeprecatedNamesAreTheNamesOfToday) {
  site(property("fs.default.name", "hdfs://a:1") + property("dfs.permissions", "false"));
  Configuration configuration = loaded({"dfs.block.size=5m"});
  EXPECT_EQ(*configuration.get(keys::kDefaultFs), "hdfs://a:1");
  EXPECT_FALSE(*configuration.get(keys::kPermissionsEnabled));
  EXPECT_EQ(*configuration.get(keys::kBlockSize), 5u << 20);
  EXPECT_TRUE(configuration.is_set("fs.default.name"));
}

TEST_F(ConfigurationTest, VariablesAreExpandedAsHadoopDoes) {
  setenv("TUSK_TEST_SET", "set", 1);
  setenv("TUSK_TEST_EMPTY", "", 1);
  unsetenv("TUSK_TEST_UNSET");
  auto expanded = [&](const std::string& text) { return *loaded({"b=value", "a=" + text}).find("a"); };
  EXPECT_EQ(expanded("x/${b}/y"), "x/value/y");
  EXPECT_EQ(expanded("${env.TUSK_TEST_SET}"), "set");
  EXPECT_EQ(expanded("${env.TUSK_TEST_EMPTY:-other}${env.TUSK_TEST_EMPTY-unused}"), "other");
  EXPECT_EQ(expanded("${env.TUSK_TEST_UNSET-other}"), "other");
  EXPECT_EQ(expanded("${not.there}/${b}"), "${not.there}/${b}");
  EXPECT_EQ(expanded("${a}"), "${a}");
  EXPECT_EQ(expanded("$ {b} ${} ${"), "$ {b} ${} ${");
  EXPECT_EQ(expanded("${dfs.replication}"), "3");
}

TEST_F(ConfigurationTest, ACircleOfVariablesIsAnErrorThatNamesTheKey) {
  Configuration configuration = loaded({"a=${b}", "b=${a}", "dfs.namenode.name.dir=${a}"});
  EXPECT_FALSE(configuration.find("a"));
  EXPECT_NE(configuration.get(keys::kNameDirs).error().message().find("-D: dfs.namenode.name.dir: more than 20"),
            std::string::npos);
  EXPECT_FALSE(configuration.with_prefix("a"));
}

TEST_F(ConfigurationTest, ListsAreSplitAtCommasAndLineEnds) {
  Configuration configuration = loaded({"dfs.datanode.data.dir= [SSD]/a , file:///b\n,,[DISK]file:///c "});
  EXPECT_EQ(*configuration.get(keys::kDataDirs), (std::vector<std::string>{"[SSD]/a", "file:///b", "[DISK]file:///c"}));
}

TEST_F(ConfigurationTest, SizesAndDurationsTakeUnits) {
  auto size = [&](const std::string& text) { return loaded({"dfs.blocksize=" + text}).get(keys::kBlockSize); };
  EXPECT_EQ(*size("1K"), 1024u);
  EXPECT_EQ(*size("2g"), 2ull << 30);
  EXPECT_EQ(*size("7e"), 7ull << 60);
  for (const char* bad : {"8e", "", "m", "-1", "1.5m", "12x", "9223372036854775808", "1 m"})
    EXPECT_FALSE(size(bad)) << bad;
  auto seconds = [&](const std::string& text) {
    return loaded({"dfs.heartbeat.interval=" + text}).get(keys::kHeartbeatInterval);
  };
  EXPECT_EQ(*seconds("2"), 2s);
  EXPECT_EQ(*seconds("250MS"), 250ms);
  EXPECT_EQ(*seconds("5m"), 5min);
  EXPECT_EQ(*seconds("1d"), 24h);
  EXPECT_EQ(*seconds("1500us"), 1ms);
  for (const char* bad : {"", "s", "1.5s", "9223372036854775807d"}) EXPECT_FALSE(seconds(bad)) << bad;
}

TEST_F(ConfigurationTest, AValueThatCannotBeReadNamesFileLineKeyAndRemedy) {
  std::string path = site("\n" + property("dfs.blocksize", "many") + property("dfs.permissions.enabled", "yes"));
  Configuration configuration = loaded();
  EXPECT_EQ(
      configuration.get(keys::kBlockSize).error().message(),
      path + ":3: dfs.blocksize: \"many\" is not a size; write bytes, or a number with k, m, g, t, p or e as in 64m");
  EXPECT_EQ(configuration.get(keys::kPermissionsEnabled).error().message(),
            path + ":4: dfs.permissions.enabled: \"yes\" is neither true nor false; write one of them");
  EXPECT_FALSE(loaded({"dfs.replication=x"}).get(keys::kReplication));
  EXPECT_FALSE(loaded({"dfs.namenode.safemode.threshold-pct=x"}).get(keys::kSafeModeThreshold));
  EXPECT_FALSE(loaded({"ipc.ping.interval=x"}).get(keys::kIpcPingInterval));
  EXPECT_EQ(loaded({"dfs.replication=0"}).get_between(keys::kReplication, 1, 512).error().message(),
            "-D: dfs.replication: 0 is not between 1 and 512");
  EXPECT_FALSE(loaded({"dfs.blocksize=1"}).get_between(keys::kBlockSize, 2, 3));
}

TEST_F(ConfigurationTest, ABrokenFileIsOneLineThatSaysWhereAndWhatToDo) {
  std::string path = write("core-site.xml", "<configuration>\n<property>\n</configuration>\n");
  EXPECT_EQ(load_error(), path + ":3: not well-formed XML (Start-end tags mismatch); correct the file");
  write("core-site.xml", "<settings/>");
  EXPECT_EQ(load_error(), path + ": the outermost element is <settings>, not <configuration>");
  write("core-site.xml", "<configuration>\n<xi:include href=\"/etc/passwd\"/></configuration>");
  EXPECT_EQ(load_error(), path + ":2: includes are not supported; put the properties into this file");
  write("core-site.xml", "<configuration><name/></configuration>");
  EXPECT_EQ(load_error(), path + ":1: <name> where <property> is expected");
  write("core-site.xml", "<configuration><property><value>1</value></property></configuration>");
  EXPECT_EQ(load_error(), path + ":1: a <property> without a <name>");
  write("core-site.xml", "");
  EXPECT_EQ(load_error(), path + ":1: not well-formed XML (No document element found); correct the file");
  write("core-site.xml", "<configuration/>");
  EXPECT_EQ(load_error({"novalue"}), "-D novalue: is not of the form key=value");
  EXPECT_TRUE(Configuration::load("/no/such", {}).error().message().starts_with("/no/such: no such directory; "));
  EXPECT_FALSE(Configuration().add_file(directory_ + "/none.xml"));
}

TEST_F(ConfigurationTest, AnExternalEntityIsNotLookedAt) {
  site("<property><name>a</name><value>&xxe;</value></property>");
  std::string text =
      "<!DOCTYPE c [<!ENTITY xxe SYSTEM \"file:///etc/passwd\">]><configuration>"
      "<property><name>a</name><value>&xxe;</value></property></configuration>";
  write("hdfs-site.xml", text);
  EXPECT_EQ(*loaded().find("a"), "&xxe;");
}

TEST_F(ConfigurationTest, NamesWithAPrefixAreFoundExpanded) {
  Configuration configuration = loaded({"hadoop.proxyuser.knox.hosts=${h}", "h=*", "hadoop.proxyuser.knox.groups=a"});
  EXPECT_EQ(*configuration.with_prefix("hadoop.proxyuser."),
            (std::map<std::string, std::string>{{"hadoop.proxyuser.knox.groups", "a"},
                                                {"hadoop.proxyuser.knox.hosts", "*"}}));
  EXPECT_EQ(*configuration.find("nothing"), std::nullopt);
}

}  // namespace
}  // namespace dfs
