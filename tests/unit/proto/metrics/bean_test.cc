#include "proto/metrics/bean.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/metrics/jmx.h"

namespace dfs::metrics {
namespace {

TEST(PrometheusName, IsSplitAsHadoopSplitsIt) {
  EXPECT_EQ(prometheus_name("FSNamesystem", "NumLiveDataNodes"), "fs_namesystem_num_live_data_nodes");
  EXPECT_EQ(prometheus_name("FSNamesystem", "CapacityTotalGB"), "fs_namesystem_capacity_total_gb");
  EXPECT_EQ(prometheus_name("rpc", "RpcQueueTimeNumOps"), "rpc_rpc_queue_time_num_ops");
  EXPECT_EQ(prometheus_name("namenode", "GenerateEDEKTimeAvgTime"), "namenode_generate_edek_time_avg_time");
  EXPECT_EQ(prometheus_name("namenode", "SuccessfulReReplications"), "namenode_successful_re_replications");
  EXPECT_EQ(prometheus_name("NameNode", "NameNodeState"), "name_node_name_node_state");
  EXPECT_EQ(prometheus_name("RetryCache.NameNodeRetryCache", "CacheHit"),
            "retry_cache_name_node_retry_cache_cache_hit");
  EXPECT_EQ(prometheus_name("JvmMetrics", "MemNonHeapUsedM"), "jvm_metrics_mem_non_heap_used_m");
  EXPECT_EQ(prometheus_name("rpcdetailed", "GetEZForPathNumOps"), "rpcdetailed_get_ez_for_path_num_ops");
}

Source source() {
  Source made{.name = "NameNodeActivity", .record = "namenode", .tags = {}, .metrics = {}};
  made.tags = {{"SessionId", {}}, {"Hostname", "h\"1"}, {"NumOpenConnectionsPerUser", "{}"}};
  made.gauge("SyncsAvgTime", "Average", 1.5);
  made.counter("SyncsNumOps", "Number", 3);
  made.counter("AddBlockOps", "AddBlockOps", 7);
  return made;
}

TEST(Source, IsSortedWithTheCountBeforeTheAverage) {
  Source sorted = source();
  sorted.sort_by_name();
  std::vector<std::string> names;
  for (const Metric& metric : sorted.metrics) names.push_back(metric.name);
  EXPECT_THAT(names, testing::ElementsAre("AddBlockOps", "SyncsNumOps", "SyncsAvgTime"));
}

TEST(Source, IsABeanWithItsTagsFirst) {
  Bean bean = bean_of(source(), "NameNode");
  EXPECT_EQ(bean.name, "Hadoop:service=NameNode,name=NameNodeActivity");
  EXPECT_EQ(bean.type, "NameNodeActivity");
  ASSERT_EQ(bean.attributes.size(), 6u);
  EXPECT_EQ(bean.attributes[0].first, "tag.SessionId");
  EXPECT_TRUE(bean.attributes[0].second.is_null());
  EXPECT_EQ(bean.attributes[3].first, "SyncsAvgTime");
}

TEST(PrometheusText, HasTagsAsLabels) {
  const std::string text = prometheus_text({source(), source()});
  EXPECT_THAT(text, testing::HasSubstr("# HELP namenode_add_block_ops AddBlockOps\n"
                                       "# TYPE namenode_add_block_ops counter\n"
                                       "namenode_add_block_ops{sessionid=\"null\",hostname=\"h\\\"1\"} 7\n"
                                       "namenode_add_block_ops{sessionid=\"null\",hostname=\"h\\\"1\"} 7\n"));
  EXPECT_THAT(text, testing::HasSubstr("# TYPE namenode_syncs_avg_time gauge\n"));
  EXPECT_THAT(text, testing::HasSubstr("} 1.5\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("numopenconnections")));
}

bool matches(std::string_view pattern, std::string_view name) {
  auto parsed = ObjectNamePattern::parse(pattern);
  return parsed && parsed->matches(name);
}

TEST(ObjectNamePattern, MatchesAsJmxDoes) {
  constexpr std::string_view kName = "Hadoop:service=NameNode,name=RpcActivityForPort8020";
  for (const char* pattern : {"*:*", "", "Hadoop:*", "Had??p:*", "Hadoop:service=NameNode,*",
                              "Hadoop:*,service=NameNode", "Hadoop:name=RpcActivityForPort8020,service=NameNode",
                              "Hadoop:service=NameNode,name=Rpc*Port????", "H*:service=*,name=*"}) {
    EXPECT_TRUE(matches(pattern, kName)) << pattern;
  }
  for (const char* pattern : {"java.lang:*", "Hadoop:service=NameNode", "Hadoop:service=DataNode,*",
                              "Hadoop:name=Rpc?,*", "Hadoop:service=NameNode,name=RpcActivityForPort8020,sub=x"}) {
    EXPECT_FALSE(matches(pattern, kName)) << pattern;
  }
  for (const char* wrong : {"nonsense", "Hadoop:", "Hadoop:service", "Hadoop:=x", "Hadoop:service=", "Hadoop:*,*",
                            "Hadoop:service=NameNode,"}) {
    EXPECT_FALSE(ObjectNamePattern::parse(wrong)) << wrong;
  }
}

std::vector<Bean> two_beans() {
  return {{"Hadoop:service=NameNode,name=A", "TypeA", {{"One", 1}, {"None", {}}}},
          {"Hadoop:service=NameNode,name=B", "TypeB", {{"Two", "2"}}}};
}

TEST(Jmx, ListsTheBeansThatAreAskedFor) {
  EXPECT_EQ(jmx_answer(two_beans(), {.query = "Hadoop:service=NameNode,name=B", .attribute = {}}), R"({
  "beans" : [ {
    "name" : "Hadoop:service=NameNode,name=B",
    "modelerType" : "TypeB",
    "Two" : "2"
  } ]
})");
  EXPECT_EQ(jmx_answer(two_beans(), {.query = "Hadoop:name=C", .attribute = {}}), "{\n  \"beans\" : [ ]\n}");
  const std::string all = jmx_answer(two_beans(), {});
  EXPECT_THAT(all, testing::HasSubstr("\"None\" : null\n  }, {\n"));
  EXPECT_EQ(jmx_answer(two_beans(), {.query = "nonsense", .attribute = {}}), "{ }");
}

TEST(Jmx, GetsOneAttribute) {
  EXPECT_EQ(jmx_answer(two_beans(), {.query = {}, .attribute = "Hadoop:service=NameNode,name=A::One"}), R"({
  "beans" : [ {
    "name" : "Hadoop:service=NameNode,name=A",
    "modelerType" : "TypeA",
    "One" : 1
  } ]
})");
  // Stops at the first bean that lacks it; one without a value counts as lacking it.
  for (const char* attribute : {"Two", "None"}) {
    EXPECT_EQ(jmx_answer(two_beans(), {.query = {}, .attribute = std::string("*:*::") + attribute}), std::string(R"({
  "beans" : [ {
    "name" : "Hadoop:service=NameNode,name=A",
    "modelerType" : "TypeA",
    "result" : "ERROR",
    "message" : "No attribute with name )") + attribute + " was found.\"\n  } ]\n}");
  }
  for (const char* wrong : {"Hadoop:service=NameNode,name=A", "::One", "A:b=c::", "a:b=c::d::e"}) {
    EXPECT_EQ(jmx_answer(two_beans(), {.query = {}, .attribute = wrong}),
              "{\n  \"result\" : \"ERROR\",\n  \"message\" : \"query format is not as expected.\"\n}")
        << wrong;
  }
}

}  // namespace
}  // namespace dfs::metrics
