#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <mutex>

#include "namenode/namespace/operations/extended_attributes.h"
#include "tests/unit/namenode/service/client_protocol_fixture.h"

namespace dfs::namenode {
namespace {

class ClientReadsTest : public ClientProtocolTest {};

// Who could go along the path could list the attributes of what it leads to, with their values.
TEST_F(ClientReadsTest, CVE_2018_1296_OnlyWhoMayReadAFileIsToldItsAttributes) {
  write_file("/f");
  ASSERT_TRUE(run(operations::set_xattr,
                  operations::SetXattr{.path = "/f", .xattr = {.name_space = 0, .name = "secret", .value = "v"}}));
  ListXAttrsRequestProto list;
  list.set_src("/f");
  GetXAttrsRequestProto all, one;
  all.set_src("/f");
  one = all;
  one.add_xattrs()->set_namespace_(XAttrProto::USER);
  one.mutable_xattrs(0)->set_name("secret");
  rpc.user.user = "mallory";
  for (const uint16_t mode : {0600, 0633, 0640, 0644}) {
    ASSERT_TRUE(run(operations::set_permission, operations::SetPermission{"/f", mode}));
    const auto expected = mode == 0644 ? std::nullopt : std::optional(ErrorCode::kAccessControl);
    auto code_of = [](const auto& answer) { return answer ? std::nullopt : std::optional(answer.error().code()); };
    auto listed = call<ListXAttrsResponseProto>("listXAttrs", list);
    EXPECT_EQ(code_of(listed), expected) << mode;
    EXPECT_EQ(code_of(call<GetXAttrsResponseProto>("getXAttrs", all)), expected) << mode;
    EXPECT_EQ(code_of(call<GetXAttrsResponseProto>("getXAttrs", one)), expected) << mode;
    if (listed) EXPECT_EQ(listed->xattrs_size(), 1);
  }
}

TEST_F(ClientReadsTest, OpenFilesAreListedPageByPageAndOnlyToTheSuperuser) {
  constexpr int kFiles = 2'345, kPage = 1'000;
  for (int i = 0; i < kFiles; ++i) {
    ASSERT_TRUE(create_file("/d" + std::to_string(i % 3) + "/f" + std::to_string(i), "holder" + std::to_string(i % 7)));
  }
  write_file("/d0/closed");
  ListOpenFilesRequestProto request;
  request.set_id(0);
  request.set_path("/");
  request.add_types(ALL_OPEN_FILES);
  std::vector<int> pages;
  std::map<std::string, std::string> holder_of;
  for (bool more = true; more; pages.push_back(0)) {
    auto page = call<ListOpenFilesResponseProto>("listOpenFiles", request);
    ASSERT_TRUE(page) << error_of(page);
    for (const OpenFilesBatchResponseProto& entry : page->entries()) {
      EXPECT_GT(entry.id(), request.id());  // in order, so that none comes twice
      request.set_id(entry.id());
      EXPECT_EQ(entry.clientmachine(), "10.0.0.1");
      holder_of[entry.path()] = entry.clientname();
    }
    ASSERT_EQ(page->types_size(), 1);
    more = page->hasmore();
    EXPECT_EQ(page->entries_size(), more ? kPage : kFiles % kPage);
    // One that is closed meanwhile is not on a later page.
    if (pages.empty()) {
      ASSERT_TRUE(run(operations::complete, operations::Complete{.path = "/d2/f2000", .holder = "holder5"}).value());
      ASSERT_TRUE(create_file("/d2/again", "holder5"));
    }
  }
  EXPECT_EQ(pages.size(), 3u);
  EXPECT_EQ(holder_of.size(), size_t(kFiles));
  EXPECT_FALSE(holder_of.contains("/d2/f2000"));
  EXPECT_EQ(holder_of["/d2/again"], "holder5");
  EXPECT_EQ(holder_of["/d1/f1"], "holder1");

  request.set_id(0);
  request.set_path("/d1");
  auto below = call<ListOpenFilesResponseProto>("listOpenFiles", request);
  ASSERT_TRUE(below);
  EXPECT_EQ(below->entries_size(), kFiles / 3 + (kFiles % 3 > 1 ? 1 : 0));
  for (const auto& entry : below->entries()) EXPECT_TRUE(entry.path().starts_with("/d1/"));
  rpc.user.user = "alice";
  EXPECT_EQ(call<ListOpenFilesResponseProto>("listOpenFiles", request).error().code(), ErrorCode::kAccessControl);
}

// A moment in which who reads a directory waits.
class SlowView final : public View {
 public:
  explicit SlowView(std::shared_ptr<const View> view) : view_(std::move(view)) {}
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return view_->get(table, key);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    {
      std::unique_lock lock(mutex_);
      waits_ = true;
      changed_.notify_all();
      changed_.wait(lock, [&] { return open_; });
    }
    return view_->scan(table, prefix, from, visit);
  }
  void wait_for_somebody() const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waits_; });
  }
  void open() const {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::shared_ptr<const View> view_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable bool waits_ = false, open_ = false;
};

class LongReads : public ClientReadsTest {
 protected:
  std::shared_ptr<const View> seen_by_readers() override {
    return slow ? std::shared_ptr<const View>(slow) : ClientProtocolTest::seen_by_readers();
  }
  std::shared_ptr<SlowView> slow;
};

TEST_F(LongReads, OtherCallsAreAnsweredWhileASummaryWalksATree) {
  for (const char* path : {"/d/a", "/d/b/c", "/d/b/d"}) ASSERT_TRUE(make_directory(path));
  write_file("/d/b/c/file", {60, 7});
  slow = std::make_shared<SlowView>(tables->snapshot());

  GetContentSummaryRequestProto request;
  request.set_path("/d");
  rpc::Reply reply = client.call("getContentSummary", as_bytes(request.SerializeAsString()), rpc);
  ASSERT_EQ(std::get_if<Result<std::string>>(&reply), nullptr);  // not where calls are taken
  handlers.start();
  auto answer = boost::asio::co_spawn(handlers.executor(), rpc::as_task(std::move(reply)), boost::asio::use_future);
  slow->wait_for_somebody();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(info("/d/b"));
  EXPECT_TRUE(mkdirs("/meanwhile"));
  EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  slow->open();
  auto bytes = answer.get();
  handlers.stop();
  ASSERT_TRUE(bytes) << error_of(bytes);
  GetContentSummaryResponseProto response;
  ASSERT_TRUE(response.ParseFromString(*bytes));
  EXPECT_EQ(response.summary().directorycount(), 5u);
  EXPECT_EQ(response.summary().filecount(), 1u);
  EXPECT_EQ(response.summary().length(), 67u);
}

}  // namespace
}  // namespace dfs::namenode
