import CLI

@main
struct Apus {
    static func main() async {
        await CommandLineTool.main()
    }
}
