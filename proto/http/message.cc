#include "proto/http/message.h"

#include <boost/url/encode.hpp>
#include <boost/url/grammar/ci_string.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/pchars.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

namespace dfs::http {

namespace urls = boost::urls;

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (urls::grammar::ci_is_equal(key, name)) return value;
  }
  return std::nullopt;
}

std::string percent_encode(std::string_view text, EncodeFor where) {
  static constexpr auto path_chars = urls::unreserved_chars + '/' + ':' + '@' + '=' + '$' + ',' + '!' + '*';
  if (where == EncodeFor::kPath) return urls::encode(text, path_chars);
  return urls::encode(text, urls::unreserved_chars);
}

Result<void> parse_target(std::string_view target, Request& into) {
  auto parsed = urls::parse_origin_form(target);
  if (!parsed) return fail(ErrorCode::kInvalidArgument, "The request target is not a valid path and query");
  into.target = target;
  into.path = parsed->encoded_path().decode();
  const urls::encoding_opts query(true);
  into.query = Fields();
  for (auto parameter : parsed->encoded_params()) {
    into.query.add(parameter.key.decode(query), parameter.has_value ? parameter.value.decode(query) : "");
  }
  return {};
}

}  // namespace dfs::http
