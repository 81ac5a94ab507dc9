import DrainCore
import DrainLinux

/// Why drainit ends with 125 before the app is started, beside what is wrong with the options.
enum StartError: Error {
  /// The kernel refused what every start needs.
  case refused(Errno)
  /// What a hook sends cannot be made.
  case hook(OptionError)
  /// The port that was asked for cannot be had.
  case noPort(UInt16, Errno)
  /// The default port is somebody else's, who would answer the kubelet in our place.
  case portTaken(UInt16)
  /// The app cannot be given a descriptor of that number, for the limit of open files.
  case noticeBeyond(Int32, limit: UInt64)
  /// The app is handed a socket at that number.
  case noticeIsSocket(Int32)
  /// `--install` could not make the copy.
  case notInstalled([UInt8], Errno)
}

extension ByteBuffer {
  mutating func append(_ error: StartError) {
    switch error {
    case .refused(let reason):
      append("cannot start: ")
      append(errno: reason.number)
    case .hook(let error): append(error)
    case .noPort(let port, let reason):
      append("--listen ")
      append(decimal: UInt64(port))
      append(": ")
      append(errno: reason.number)
    case .portTaken(let port):
      append("port ")
      append(decimal: UInt64(port))
      append(" is taken, by another drainit that would answer this one's probes?")
      append(" give --listen PORT the probes' port, or --listen off where nothing probes")
    case .noticeBeyond(let number, let limit):
      append("fd:")
      append(decimal: Int64(number))
      append(": beyond the limit of open files, ")
      append(decimal: limit)
    case .noticeIsSocket(let number):
      append("fd:")
      append(decimal: Int64(number))
      append(": the app is handed a socket there (LISTEN_FDS): take a number above those")
    case .notInstalled(let path, let reason):
      append("--install ")
      append(printable: path)
      append(": ")
      append(errno: reason.number)
    }
  }

  mutating func append(_ error: BudgetError) {
    append("--grace ")
    append(error.budget.grace)
    append(": the plan takes longer: ")
    error.budget.append(to: &self)
    append("; raise it and the platform's, or plan less")
  }
}
