/** A program on a JVM, to which SIGQUIT is a question and not a stop. */
class Sleeper {
  public static void main(String[] words) throws InterruptedException {
    System.out.println("running");
    while (true) Thread.sleep(60_000);
  }
}
