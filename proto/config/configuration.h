#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/config/keys.h"

namespace dfs {

// What the user configured: core-site.xml and hdfs-site.xml of one directory, and key=value pairs over them, read as
// org.apache.hadoop.conf.Configuration reads them (final properties, deprecated names, ${variables}).
//
// A later file wins over an earlier one unless the earlier value is final; an override wins always. Immutable after
// loading but for set(). Every error is kConfiguration, one line that names the file, the line, the key and the remedy.
// Unlike Hadoop, includes (XInclude) and external entities are refused, and a value that cannot be read is an error,
// never silently the default.
class Configuration {
 public:
  // Defaults only.
  Configuration() = default;
  // `directory`: empty for none; either file may be missing, the directory itself may not. `overrides`: "key=value".
  static Result<Configuration> load(const std::string& directory, const std::vector<std::string>& overrides);

  // Reads one more file over what is there. The file must exist.
  Result<void> add_file(const std::string& path);
  // Wins over files, final or not. `origin` is what error messages name as the place of the value.
  void set(std::string_view name, std::string value, std::string origin = "-D");

  Result<std::string> get(StringKey key) const;
  Result<std::vector<std::string>> get(ListKey key) const;
  Result<int64_t> get(IntKey key) const;
  Result<double> get(DoubleKey key) const;
  Result<bool> get(BoolKey key) const;
  Result<uint64_t> get(SizeKey key) const;
  Result<std::chrono::milliseconds> get(MillisecondsKey key) const;
  Result<std::chrono::milliseconds> get(SecondsKey key) const;

  // An integer or size within [min, max], else an error that names the bounds.
  Result<int64_t> get_between(IntKey key, int64_t min, int64_t max) const;
  Result<uint64_t> get_between(SizeKey key, uint64_t min, uint64_t max) const;

  // The value of a name that has no constant (names that hold a name service or a user), expanded and trimmed.
  Result<std::optional<std::string>> find(std::string_view name) const;
  bool is_set(std::string_view name) const;
  // Every configured name that starts with `prefix`, expanded; defaults are not among them.
  Result<std::map<std::string, std::string>> with_prefix(std::string_view prefix) const;

  // What is configured, and the defaults of all keys that are read anywhere, in order of names.
  struct Setting {
    std::string name;
    std::string text;      // as it stands in the file
    std::string expanded;  // `text` again where variables lead in a circle
    bool final = false;
    std::string resource{};  // "hdfs-site.xml", "programmatically", or kDefaultResource
  };
  static constexpr std::string_view kDefaultResource = "default";
  std::vector<Setting> settings() const;

  // "hdfs-site.xml:12: dfs.blocksize: `problem`", for errors that only the user of a value can see.
  Error complaint(const Key& key, std::string_view problem) const;

 private:
  struct Value {
    std::string text;
    std::string origin;
    bool final = false;
  };

  Result<void> add_properties(const std::string& path, std::string_view text);
  const Value* value_of(std::string_view name) const;
  Result<std::string> text_of(const Key& key) const;
  // The raw text of a variable: system property, environment, configured value or default.
  std::optional<std::string> variable(std::string_view name) const;
  Result<std::string> expand(std::string_view name, const std::string& text) const;
  Error complaint(std::string_view name, std::string_view problem) const;

  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace dfs
