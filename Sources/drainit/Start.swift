import CLinux
import DrainCore
import DrainLinux

@c(drainit_main) public func start(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
  _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  var b = ByteBuffer(capacity: 100)
  b.append(Interval.seconds(90))
  b.append("\n")
  b.append(b.count > 3 ? 65 : 66)
  b.withBytes { _ = write(1, $0.baseAddress, $0.count) }
  return Int32(b.bytes.count)
}
