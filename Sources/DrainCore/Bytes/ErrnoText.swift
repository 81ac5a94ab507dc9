/// What error numbers mean (errno(3)), for those that starting an app or a listener can meet. The numbers
/// are Linux's on amd64 and arm64.
private var errnoTexts: Literal {
  """
  1 not permitted
  2 no such file or directory
  5 a part of it cannot be read
  7 its arguments and environment are too long
  8 not a program that this machine runs
  11 no more processes may be made
  12 out of memory
  13 permission denied
  20 a part of its path is not a directory
  21 is a directory
  22 malformed
  23 too many open files
  24 too many open files
  26 is being written to
  28 no space is left
  30 the file system is read-only
  36 its name is too long
  40 too many symbolic links or #! lines in a row
  80 not a program that this machine runs
  98 address in use
  99 no such address here
  116 its file is gone from its server
  """
}

extension ByteBuffer {
  /// Appends what an error number means; others by number.
  public mutating func append(errno number: Int32) {
    append(UInt64(truncatingIfNeeded: number), in: errnoTexts, else: "error ")
  }
}
