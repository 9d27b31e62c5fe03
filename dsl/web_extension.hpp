#pragma once
// How the target //web adds itself to the command line of a program that links it. Nothing here knows HTTP, so that a
// job that is not served links no web server.
#include <cstdint>
#include <memory>
#include <string>

#include "weir/core/storage.hpp"
#include "weir/dsl/job_control.hpp"

namespace weir::detail {

/// Where a job is served, as the options say it.
struct web_place {
  std::string listen{};                ///< --web: PORT or HOST:PORT
  std::string url{};                   ///< --url, for those who ask
  std::string token_file{};            ///< --web-token-file; the environment variable WEIR_WEB_TOKEN counts without it
  std::string checkpoint_directory{};  ///< a file in it says where the job is served
};

/// What a command asks of a running job.
struct web_question {
  enum class kind : std::uint8_t { status, savepoint, stop, cancel };
  kind what;
  std::string job{};
  std::string directory{};  ///< of a savepoint; empty where there is none
  bool drain = false;
};

/// Serves a job until it is destroyed.
class web_service {
 public:
  virtual ~web_service() = default;
  /// "http://127.0.0.1:8081".
  virtual std::string url() const = 0;
};

class web_extension {
 public:
  virtual ~web_extension() = default;
  /// Throws weir::error. The job and the disk outlive the service, and the job has ended when that is destroyed.
  virtual std::unique_ptr<web_service> serve(job_control& job, const web_place& where, storage& disk) const = 0;
  /// Asks the job that runs at `where`; returns what to print. Throws weir::error.
  virtual std::string ask(const web_question& question, const web_place& where, storage& disk) const = 0;
};

/// What the program has linked. Throws weir::error, naming the target to link, where it has none.
const web_extension& linked_web(const std::string& job);

/// A static object of the target //web.
struct web_registration {
  explicit web_registration(const web_extension& extension);
};

}  // namespace weir::detail
