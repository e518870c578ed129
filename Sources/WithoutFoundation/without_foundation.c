/* Stands in for the few functions of Foundation that a dependency's convenience module names and
   that Apus never calls. Without them the linker takes all of Foundation, and with it the locales
   and calendars of ICU: 40 MB of an executable that has 45. FoundationEssentials stays.

   Linked in by Packaging/static alone. */

#define ABSENT(name, symbol)                                                                       \
    _Noreturn void name(void) __asm__(symbol);                                                     \
    _Noreturn void name(void) { __builtin_trap(); }

/* NIOFoundationCompat: JSONSerialization over a ByteBuffer, and a run loop that waits. */
ABSENT(json_object, "$s10Foundation17JSONSerializationC10jsonObject4with7optionsyp0A10"
                    "Essentials4DataV_AC14ReadingOptionsVtKFZ")
ABSENT(json_serialization, "$s10Foundation17JSONSerializationCMa")
ABSENT(run_loop_run, "$s10Foundation7RunLoopC3run4mode6beforeSbAC4ModeV_0A10Essentials4DateVtF")
ABSENT(run_loop_current, "$s10Foundation7RunLoopC7currentACvgZ")
ABSENT(run_loop, "$s10Foundation7RunLoopCMa")
