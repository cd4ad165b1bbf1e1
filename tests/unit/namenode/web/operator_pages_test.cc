#include "namenode/web/operator_pages.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "namenode/web/page.h"
#include "proto/base/event_loop.h"
#include "proto/base/task.h"
#include "tests/unit/namenode/metrics/sample_fixture.h"
#include "tests/unit/namenode/web/exchange.h"

namespace dfs::namenode {
namespace {

using testing::HasSubstr;
using testing::Not;

http::Request request_of(const std::string& target, const std::string& accept = "") {
  http::Request request;
  EXPECT_TRUE(http::parse_target(target, request));
  request.method = "GET";
  if (!accept.empty()) request.headers.add("Accept", accept);
  return request;
}

class OperatorPagesTest : public SampleFixture {
 protected:
  OperatorPagesTest() {
    configuration.set("dfs.replication", "2");
    configuration.set("my.dir", "${dfs.replication}<&>");
    configuration.set("my.password", "hush");
    configuration.set("my.empty", "");
    redaction = *Redaction::from({"password$"});
  }
  http::Response configuration_at(const std::string& target, const std::string& accept = "") const {
    return configuration_page(request_of(target, accept), configuration, redaction);
  }
  Configuration configuration;
  Redaction redaction;
};

TEST_F(OperatorPagesTest, JmxAnswersQueries) {
  http::Response one = jmx_page(request_of("/jmx?get=Hadoop:service%3DNameNode,name%3DNameNodeInfo::Total"), sample);
  EXPECT_EQ(one.headers.find("Access-Control-Allow-Origin"), "*");
  EXPECT_THAT(one.body, HasSubstr("\"Total\" : 400\n"));
  EXPECT_THAT(jmx_page(request_of("/jmx?qry=Hadoop:name%3DNameNodeStatus,*"), sample).body,
              testing::AllOf(HasSubstr("\"State\" : \"active\""), Not(HasSubstr("NameNodeInfo"))));
  EXPECT_THAT(jmx_page(request_of("/jmx"), sample).body, HasSubstr("name=JvmMetrics"));
}

TEST_F(OperatorPagesTest, PrometheusListsTheSources) {
  const std::string text = prometheus_page(sample).body;
  EXPECT_THAT(text, HasSubstr("fs_namesystem_num_live_data_nodes{"));
  EXPECT_THAT(text, HasSubstr("namenode_create_file_ops{processname=\"NameNode\",sessionid=\"null\",context=\"dfs\","
                              "hostname=\"nn\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("rpcdetailed_create_num_ops{port=\"8020\",context=\"rpcdetailed\",hostname=\"nn\"} 0\n"));
}

TEST_F(OperatorPagesTest, ConfigurationIsXmlWithWhatStandsThere) {
  http::Response all = configuration_at("/conf");
  EXPECT_EQ(all.headers.find("Content-Type"), "text/xml;charset=utf-8");
  EXPECT_THAT(all.body, testing::StartsWith("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>"
                                            "<configuration>\n<property><name>"));
  EXPECT_THAT(all.body, HasSubstr("<property><name>my.dir</name><value>${dfs.replication}&lt;&amp;&gt;</value>"
                                  "<final>false</final><source>programmatically</source></property>\n"));
  EXPECT_THAT(all.body, HasSubstr("<name>my.password</name><value>******</value>"));
  EXPECT_THAT(all.body, HasSubstr("<name>fs.defaultFS</name>"));
  EXPECT_THAT(all.body, Not(HasSubstr("hush")));
  EXPECT_THAT(configuration_at("/conf?name=dfs.replication").body, Not(HasSubstr("fs.defaultFS")));
  EXPECT_THAT(configuration_at("/conf?name=my.empty").body, HasSubstr("<value></value>"));
  EXPECT_EQ(configuration_at("/conf?name=no.such").status, 404u);
}

TEST_F(OperatorPagesTest, ConfigurationIsJsonWithWhatItComesTo) {
  http::Response all = configuration_at("/conf", "application/json");
  EXPECT_EQ(all.headers.find("Content-Type"), "application/json;charset=utf-8");
  EXPECT_THAT(all.body, testing::StartsWith("{\"properties\":[{\"key\":"));
  EXPECT_THAT(all.body,
              HasSubstr(R"({"key":"my.password","value":"<redacted>","isFinal":false,"resource":"programmatically"})"));
  EXPECT_EQ(configuration_at("/conf?name=my.dir", "application/json").body,
            R"({"property":{"key":"my.dir","value":"2<&>","isFinal":false,"resource":"programmatically"}})");
  for (const char* none : {"/conf?name=my.empty", "/conf?name=no.such"}) {
    http::Response missing = configuration_at(none, "application/json");
    EXPECT_EQ(missing.status, 404u);
    EXPECT_EQ(missing.body, "");
  }
}

TEST_F(OperatorPagesTest, TopologyIsSortedByRackAndAddress) {
  DatanodeView view = *sample.datanodes;
  view.datanodes = {};
  view.datanodes.push_back(datanode("b", "10.0.0.2", DatanodeLiveness::kStale));
  view.datanodes.push_back(datanode("a", "10.0.0.1", DatanodeLiveness::kLive));
  view.datanodes.push_back(datanode("", "10.0.0.3", DatanodeLiveness::kLive));
  view.datanodes.push_back(datanode("d", "10.0.0.4", DatanodeLiveness::kDead));
  view.datanodes.change(0).network_location = "/r2";
  view.datanodes.change(1).network_location = view.datanodes.change(2).network_location = "/r1";
  EXPECT_EQ(topology_page(request_of("/topology"), view).body,
            "Rack: /r1\n   10.0.0.1:9866 (a)\n   10.0.0.3:9866\n\nRack: /r2\n   10.0.0.2:9866 (b)\n\n");
  EXPECT_EQ(topology_page(request_of("/topology", "application/json"), view).body,
            R"([{"/r1":[{"ip":"10.0.0.1:9866","hostname":"a"},{"ip":"10.0.0.3:9866"}]},)"
            R"({"/r2":[{"ip":"10.0.0.2:9866","hostname":"b"}]}])");
  EXPECT_EQ(topology_page(request_of("/topology"), DatanodeView()).body, "No DataNodes");
}

TEST_F(OperatorPagesTest, AnActiveNameNodeSaysSo) {
  http::Response active = is_active_page();
  EXPECT_EQ(active.body, "I am Active!");
  EXPECT_EQ(active.headers.find("Connection"), "close");
}

TEST_F(OperatorPagesTest, ErrorsCannotBreakThePage) {
  EXPECT_THAT(error_page(404, "<b>'\"&", "/x?<").body,
              testing::AllOf(HasSubstr("HTTP ERROR 404 &lt;b&gt;&apos;&quot;&amp;"), Not(HasSubstr("<b>"))));
  EXPECT_THAT(error_page(405, "", "/").body, HasSubstr("Method Not Allowed"));
  EXPECT_THAT(error_page(400, "", "/").body, HasSubstr("Bad Request"));
  EXPECT_THAT(error_page(500, "", "/").body, HasSubstr("Server Error"));
}

bool allowed(bool requires_admin, bool authorization, std::string administrators,
             std::vector<std::string> groups = {}) {
  return InstrumentationAccess({.requires_admin = requires_admin,
                                .authorization = authorization,
                                .static_user = "dr.who",
                                .administrators = std::move(administrators)},
                               groups)
      .allowed();
}

TEST(InstrumentationAccess, NeedsAnAdministratorOnlyWhereBothSettingsSaySo) {
  EXPECT_TRUE(allowed(false, false, ""));
  EXPECT_TRUE(allowed(true, false, ""));
  EXPECT_TRUE(allowed(false, true, ""));
  EXPECT_FALSE(allowed(true, true, ""));
  EXPECT_FALSE(allowed(true, true, "alice,bob ops", {"users"}));
  EXPECT_TRUE(allowed(true, true, "*"));
  EXPECT_TRUE(allowed(true, true, "alice,dr.who"));
  EXPECT_TRUE(allowed(true, true, " ops,admins", {"users", "admins"}));
}

TEST(InstrumentationAccess, RefusesWithHadoopsWords) {
  InstrumentationAccess closed(
      {.requires_admin = true, .authorization = true, .static_user = "x", .administrators = ""}, {});
  http::Response refused =
      closed.guard([](const http::Request&) { return page(200, "", "secret"); })(request_of("/jmx"));
  EXPECT_EQ(refused.status, 403u);
  EXPECT_THAT(refused.body, HasSubstr("Unauthenticated users are not authorized to access this page."));
}

TEST(Page, IsMadeForReadersOnItsOwnThread) {
  EventLoop loop("pages");
  loop.start();
  std::thread::id made_on;
  Page served(loop.executor(), [&](const http::Request&) {
    made_on = std::this_thread::get_id();
    return page(200, "text/plain", "made");
  });
  auto answer_to = [&](const char* method) {
    http::Request request = request_of("/x");
    request.method = method;
    Recorder sent;
    NoBody body;
    boost::asio::io_context context;
    boost::asio::co_spawn(context, served.handle(request, body, sent), boost::asio::detached);
    context.run();
    return sent.response;
  };
  EXPECT_EQ(answer_to("GET").body, "made");
  EXPECT_TRUE(made_on != std::this_thread::get_id());
  EXPECT_EQ(answer_to("HEAD").status, 200u);
  EXPECT_EQ(answer_to("POST").status, 405u);
  loop.stop();
}

}  // namespace
}  // namespace dfs::namenode
