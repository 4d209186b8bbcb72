namespace Gantry.Compiler.Corpus.Features;

/// <summary>Calls in tail position that must not grow the stack. On CoreCLR only small depths are run.</summary>
public static unsafe class TailCalls
{
    private struct State
    {
        public long Sum;
        public int Left;
        public delegate*<State*, int, long>* Table;
    }

    [WasmExport("tail_count")]
    [Inputs(10, 5)]
    [Inputs(1000, 1)]
    public static long Count(int depth, int step) => Down(depth, step, 0);

    [WasmTailCalls]
    private static long Down(int depth, int step, long sum) => depth == 0 ? sum : Up(depth - 1, step, sum + step);

    [WasmTailCalls]
    private static long Up(int depth, int step, long sum)
    {
        if (depth == 0) return -sum;
        return Down(depth - 1, step, sum ^ depth);
    }

    [WasmExport("tail_threaded")]
    [Inputs(10, 5)]
    [Inputs(1000, 1)]
    public static long Threaded(int steps, int seed)
    {
        delegate*<State*, int, long>* table = stackalloc delegate*<State*, int, long>[3];
        table[0] = &Add;
        table[1] = &Multiply;
        table[2] = &Stop;
        State state = new() { Left = steps, Table = table };
        return Next(&state, seed);
    }

    [WasmTailCalls]
    private static long Next(State* state, int value) => --state->Left <= 0 ? state->Table[2](state, value) : state->Table[value & 1](state, value);

    [WasmTailCalls]
    private static long Add(State* state, int value)
    {
        state->Sum += value;
        return Next(state, value + 3);
    }

    [WasmTailCalls]
    private static long Multiply(State* state, int value)
    {
        state->Sum = (state->Sum * 3) ^ value;
        return Next(state, (int)state->Sum >> 1);
    }

    [WasmTailCalls]
    private static long Stop(State* state, int value) => state->Sum + value;

    // In WebAssembly the call is of one of the method's entries; elsewhere it has only one.
    [WasmExport("table_entries")]
    [Inputs(0, 5)]
    [Inputs(1, 5)]
    [Inputs(2, -7)]
    [Inputs(3, 9)]
    public static int TableEntries(int entry, int value)
    {
        nuint first = (nuint)(delegate*<nuint, int, int>)&Calculate, other = (nuint)(delegate*<State*, int, long>)&Stop;
        nuint called = first + (nuint)entry;
        if (WasmTarget.IsWebAssembly && other >= first && other < first + 4) return -1;
        var method = (delegate*<nuint, int, int>)(WasmTarget.IsWebAssembly ? called : first);
        return method(called, value);
    }

    [WasmTableEntries(4)]
    private static int Calculate(nuint called, int value) => (uint)(called - (nuint)(delegate*<nuint, int, int>)&Calculate) switch
    {
        0 => value,
        1 => value * value,
        2 => -value,
        _ => value << 3,
    };
}
