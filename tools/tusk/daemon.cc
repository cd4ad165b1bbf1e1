#include "tools/tusk/daemon.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "proto/base/log.h"

namespace dfs::tools {

void DaemonOptions::add_to(CLI::App& app) {
  if (const char* directory = std::getenv("HADOOP_CONF_DIR")) config_directory = directory;
  app.add_option("--config", config_directory, "directory of core-site.xml and hdfs-site.xml ($HADOOP_CONF_DIR)");
  app.add_option("-D", overrides, "key=value: a setting over those of the files")->allow_extra_args(false);
  app.add_option("--log", log_level, "debug, info, warn, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
}

Result<Configuration> DaemonOptions::load() const {
  log::start(log_level);
  return Configuration::load(config_directory, overrides);
}

std::optional<int> parse(CLI::App& app, int count, char** arguments) {
  std::vector<std::string> words;
  for (int i = count - 1; i > 0; --i) {
    std::string word = arguments[i];
    if (word.size() > 2 && word[0] == '-' && word[1] != '-' && word[1] != 'D') word.insert(0, "-");
    words.push_back(std::move(word));
  }
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

namespace {
sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}
}  // namespace

void block_stop_signals() {
  sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void wait_for_stop_signal() {
  sigset_t set = stop_signals();
  int received = 0;
  sigwait(&set, &received);
  log::info("stopping on signal {}", received);
}

void request_stop() {
  kill(getpid(), SIGTERM);
}

int fail_with(std::string_view verb, const Error& error) {
  std::fprintf(stderr, "tusk %.*s: %s\n", int(verb.size()), verb.data(), error.message().c_str());
  return 1;
}

void announce(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace dfs::tools
