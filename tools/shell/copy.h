#pragma once

#include "tools/shell/command.h"

namespace dfs::tools {

// Copies `from` to its end. Stops with a failure when interrupted.
Outcome<> copy_bytes(Source& from, Sink& to);

// What put, get, cp and mv share: a destination that is a folder to put things into, or a new name
// (org.apache.hadoop.fs.shell.CommandWithDestination).
class CommandWithDestination : public Command {
 protected:
  // Takes the last argument as destination; a pattern must match one path.
  Outcome<> take_destination(std::vector<std::string>& arguments);
  Outcome<> take_local_destination(std::vector<std::string>& arguments);

  Outcome<> process_arguments(std::vector<Item> items) override;
  Outcome<> process_argument(Item& source) override;
  Outcome<> process(Item& source) override;
  Outcome<> recurse(Item& source) override;
  virtual Outcome<> process_to(Item& source, Item& target);

  // Where `source` goes: into the destination, or onto it.
  Outcome<Item> target_of(const Item& source) const;
  // Writes beside the target, under "NAME._COPYING_", and renames at the end: nothing half done under its name.
  Outcome<> copy_to(Source& source, Item& target);
  Outcome<> preserve_attributes(const Item& source, const Item& target);

  Item destination_;
  bool overwrite_ = false;
  bool preserve_ = false;
  bool direct_ = false;  // without the temporary name
};

}  // namespace dfs::tools
