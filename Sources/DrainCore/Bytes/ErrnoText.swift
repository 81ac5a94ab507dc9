extension ByteBuffer {
  /// Appends what an error number means, for those that starting an app or a listener can meet
  /// (errno(3)); others by number. The numbers are Linux's on amd64 and arm64.
  public mutating func append(errno number: Int32) {
    switch number {
    case 1: append("not permitted")
    case 2: append("no such file or directory")
    case 7: append("its arguments and environment are too long")
    case 8: append("not a program that this machine runs")
    case 11: append("no more processes may be made")
    case 12: append("out of memory")
    case 13: append("permission denied")
    case 20: append("a part of its path is not a directory")
    case 21: append("is a directory")
    case 23, 24: append("too many open files")
    case 26: append("is being written to")
    case 28: append("no space is left")
    case 30: append("the file system is read-only")
    case 36: append("its name is too long")
    case 40: append("too many symbolic links")
    case 98: append("address in use")
    case 99: append("no such address here")
    default:
      append("error ")
      append(decimal: Int64(number))
    }
  }
}
