import CLI

@main
struct Apus {
    static func main() {
        CommandLineTool.main()
    }
}
