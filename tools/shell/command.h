#pragma once

#include <string>
#include <vector>

#include "tools/shell/item.h"
#include "tools/shell/options.h"
#include "tools/shell/store.h"

namespace dfs::tools {

// One command of the shell. The steps are those of org.apache.hadoop.fs.shell.Command, so that errors come at the same
// points, one line each, and the rest of the arguments is still worked on.
class Command {
 public:
  virtual ~Command() = default;
  // The exit code; a Failure only for a wrong command line.
  Outcome<int> run(Stores& stores, std::string name, std::vector<std::string> arguments);

 protected:
  // Takes the options out, leaves the paths.
  virtual Outcome<> parse(std::vector<std::string>& arguments) = 0;
  virtual Outcome<std::vector<Item>> expand_argument(const std::string& argument);
  virtual Outcome<> process_arguments(std::vector<Item> items);
  virtual Outcome<> process_missing(Item& item) { return failed_at(item.text, "No such file or directory"); }
  virtual Outcome<> process_argument(Item& item);
  // Some items of `parent`, or one from the command line.
  virtual void process_items(const Item* parent, std::vector<Item> items);
  virtual Outcome<> process(Item& item) = 0;
  virtual Outcome<> after(Item&) { return {}; }
  virtual Outcome<> recurse(Item& directory);

  void show_error(const std::string& message);
  void set_exit_code(int code) { exit_code_ = code; }
  // How many directories below a path of the command line we are.
  int depth() const { return depth_; }
  Stores& stores() { return *stores_; }

  bool recursive_ = false;

 private:
  Stores* stores_ = nullptr;
  std::string name_;
  int exit_code_ = 0;
  int errors_ = 0;
  int depth_ = 0;
};

// Whether Ctrl-C was pressed (or SIGTERM came): commands stop at the next safe point.
bool interrupted();
void catch_interrupts();

}  // namespace dfs::tools
