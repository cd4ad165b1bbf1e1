#include "tools/fuse/mount.h"

#include <fmt/format.h>
#include <spdlog/sinks/syslog_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

#include "proto/base/log.h"
#include "tools/fuse/accounts.h"
#include "tools/fuse/background.h"
#include "tools/fuse/fuse_api.h"
#include "tools/fuse/mount_options.h"
#include "tools/fuse/mounted.h"

namespace dfs::fuse {
namespace {

// A call that gets no answer holds a program in the kernel, where it cannot even be killed.
constexpr auto kCallDeadline = std::chrono::seconds(30);
constexpr unsigned kThreadsMax = 64;

int complain(std::string_view message) {
  fmt::print(stderr, "tusk mount: {}\n", message);
  return 1;
}

// The mounting user's own calls follow HADOOP_USER_NAME, as with every other Hadoop program.
Callers::Connect connect_with(const MountOptions& options) {
  return
      [options, mounter = getuid(), accounts = std::make_shared<Accounts>()](uid_t uid) -> fs::Result<fs::FileSystem> {
        fs::ConnectOptions connect;
        connect.config_dir = options.config_dir;
        connect.properties = options.properties;
        connect.call_deadline = kCallDeadline;
        if (uid != mounter) {
          auto name = accounts->user_name(uid);
          if (!name) {
            return std::unexpected(fs::Error(fs::ErrorCode::kAccessDenied, EACCES, "java.io.IOException",
                                             fmt::format("this machine knows no user with the number {}", uid)));
          }
          connect.user = *name;
        }
        return fs::FileSystem::connect(options.authority, std::move(connect));
      };
}

// libfuse frees the strings.
class Arguments {
 public:
  Arguments() { add("tusk"); }
  ~Arguments() { fuse_opt_free_args(&arguments_); }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  void add(const std::string& argument) {
    if (fuse_opt_add_arg(&arguments_, argument.c_str()) != 0) std::abort();
  }
  void option(const std::string& text) {
    add("-o");
    add(text);
  }
  fuse_args* get() { return &arguments_; }

 private:
  fuse_args arguments_ = FUSE_ARGS_INIT(0, nullptr);
};

// The user's options come last and win.
void describe(const MountOptions& options, const std::string& uri, Arguments& arguments) {
  arguments.option("fsname=" + uri + (options.root == "/" ? "" : options.root));
  arguments.option("subtype=tusk");
  arguments.option("attr_timeout=1");
  arguments.option("entry_timeout=1");
  arguments.option("negative_timeout=0");
  arguments.option("auto_unmount");
  for (const std::string& option : options.mount_options) arguments.option(option);
}

// Mounts, serves until the mount ends, and unmounts.
int serve(const MountOptions& options, const std::string& uri, Mounted& mounted, Background& background) {
  Arguments arguments;
  describe(options, uri, arguments);
  std::unique_ptr<struct fuse, decltype(&fuse_destroy)> session(
      fuse_new(arguments.get(), &Mounted::operations(), sizeof(fuse_operations), &mounted), &fuse_destroy);
  if (!session) return 1;  // libfuse has said which option is wrong
  if (fuse_mount(session.get(), options.directory.c_str()) != 0) return 1;
  if (fuse_set_signal_handlers(fuse_get_session(session.get())) != 0) {
    fuse_unmount(session.get());
    return complain("cannot handle signals");
  }
  std::thread announcement([&] {
    // Answered once the kernel and we have agreed on how to talk.
    struct stat root = {};
    if (::stat(options.directory.c_str(), &root) != 0) log::warn("{}: {}", options.directory, std::strerror(errno));
    if (options.foreground) {
      fmt::print("ready mount={}\n", options.directory);
      std::fflush(stdout);
    }
    background.ready();
  });
  std::unique_ptr<fuse_loop_config, decltype(&fuse_loop_cfg_destroy)> loop(fuse_loop_cfg_create(),
                                                                           &fuse_loop_cfg_destroy);
  fuse_loop_cfg_set_max_threads(loop.get(), kThreadsMax);
  int ended = fuse_loop_mt(session.get(), loop.get());
  fuse_remove_signal_handlers(fuse_get_session(session.get()));
  fuse_unmount(session.get());
  announcement.join();
  return ended < 0 ? 1 : 0;
}

int check_directory(const std::string& directory) {
  struct stat found = {};
  if (::stat(directory.c_str(), &found) != 0) return complain(fmt::format("{}: {}", directory, std::strerror(errno)));
  if (!S_ISDIR(found.st_mode)) return complain(directory + " is not a directory");
  return 0;
}

int mount(int argc, const char* const* argv) {
  auto options = parse_mount_options(argc, argv);
  if (!options) {
    fmt::print(options.error().exit_code == 0 ? stdout : stderr, "{}\n", options.error().text);
    return options.error().exit_code;
  }
  if (int wrong = check_directory(options->directory); wrong != 0) return wrong;
  // The process that goes on changes to the root directory.
  if (char* absolute = realpath(options->directory.c_str(), nullptr)) {
    options->directory = absolute;
    std::free(absolute);
  }
  Background background;
  if (!options->foreground) {
    if (int code = background.detach(); code >= 0) return code;
  }
  log::start("info");
  auto connect = connect_with(*options);
  auto file_system = connect(getuid());
  if (!file_system) return complain(file_system.error().message());
  auto root = file_system->status(options->root);
  if (!root) return complain(root.error().message());
  if (!root->is_directory()) return complain(options->root + " is not a directory");
  if (!options->foreground) {
    // Not by spdlog's registry, which throws for a name that it has.
    auto sink = std::make_shared<spdlog::sinks::syslog_sink_mt>("tusk-mount", LOG_PID, LOG_USER, false);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("tusk", std::move(sink)));
  }

  auto access = options->read_only ? Mounted::Access::kReadOnly : Mounted::Access::kReadWrite;
  Mounted mounted(options->root, access, std::move(connect));
  return serve(*options, file_system->uri(), mounted, background);
}

}  // namespace
}  // namespace dfs::fuse

namespace dfs::tools {

int run_mount(int argc, char** argv) {
  return fuse::mount(argc, argv);
}

}  // namespace dfs::tools
