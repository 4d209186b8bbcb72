namespace Gantry.Engine.Jit;

/// <summary>
/// The module that is being made: functions of one type that put themselves into the engine's table. It imports the engine's memory and table
/// as <c>engine.memory</c> and <c>engine.table</c>.
/// </summary>
public unsafe struct ModuleBuffer
{
    /// <summary>Most functions of one module.</summary>
    public const int MaxFunctions = 64;

    private const int ScratchSize = 8192, HeaderSize = 4096, HintSize = 128 * 1024;

    /// <summary>Function types; number 0 is that of the functions.</summary>
    public FunctionTypes Types;

    /// <summary>Number of functions so far.</summary>
    public int Count;

    /// <summary>The finished module.</summary>
    public CodeBuffer Module;

    private CodeBuffer codes;
    private CodeBuffer scratch;
    private CodeBuffer hints;
    private int hinted;
    private fixed uint entries[MaxFunctions];

    /// <summary>Whether another function of this size may be added.</summary>
    public readonly bool HasRoom(int bytes) => Count < MaxFunctions && codes.Room > bytes;

    /// <summary>Allocates the buffers, once.</summary>
    /// <param name="capacity">Bytes of code a module may have.</param>
    public void Allocate(int capacity)
    {
        codes.Allocate(capacity);
        Module.Allocate(capacity + HeaderSize + HintSize);
        scratch.Allocate(ScratchSize);
        hints.Allocate(HintSize);
    }

    /// <summary>Begins a module.</summary>
    /// <param name="type">Type of its functions: counts and value types as in the type section.</param>
    public void Begin(byte* type)
    {
        Count = 0;
        codes.Clear();
        hints.Clear();
        hinted = 0;
        Types.Clear();
        Types.Intern(type);
    }

    /// <summary>Adds a function.</summary>
    /// <param name="module">The module.</param>
    /// <param name="body">Its code, the final <c>end</c> included.</param>
    /// <param name="prologue">Code that goes before it.</param>
    /// <param name="entry">Its place in the table.</param>
    /// <returns>Bytes it takes; 0 when it does not fit: then nothing was added.</returns>
    public static int Add(ModuleBuffer* module, FunctionBody* body, CodeBuffer* prologue, uint entry)
    {
        var scratch = &module->scratch;
        scratch->Clear();
        body->WriteLocals(scratch);
        var size = scratch->Length + prologue->Length + body->Code.Length;
        if (body->Code.Full || prologue->Full || scratch->Full || body->Failed || !module->HasRoom(size + 8))
            return 0;
        var codes = &module->codes;
        codes->U32((uint)size);
        codes->Bytes(scratch->Start, scratch->Length);
        codes->Bytes(prologue->Start, prologue->Length);
        codes->Bytes(body->Code.Start, body->Code.Length);
        if (body->HintCount > 0)
        {
            module->hints.U32((uint)module->Count);
            FunctionBody.WriteHints(body, &module->hints, scratch->Length + prologue->Length);
            module->hinted++;
        }

        module->entries[module->Count++] = entry;
        return size;
    }

    /// <summary>Writes the module; its bytes are then in <see cref="Module"/>.</summary>
    /// <returns>False when it did not fit.</returns>
    public static bool Finish(ModuleBuffer* module)
    {
        var to = &module->Module;
        var scratch = &module->scratch;
        to->Clear();
        Text(to, "\0asm\u0001\0\0\0"u8);
        module->Types.Write(to, scratch);

        scratch->Clear();
        scratch->Byte(2);
        Text(scratch, "\u0006engine\u0006memory\u0002\0\0"u8);
        Text(scratch, "\u0006engine\u0005table\u0001\u0070\0\0"u8);
        Section(to, Wasm.ImportSection, scratch);

        scratch->Clear();
        scratch->U32((uint)module->Count);
        for (var i = 0; i < module->Count; i++)
            scratch->Byte(0);
        Section(to, Wasm.FunctionSection, scratch);

        scratch->Clear();
        scratch->U32((uint)module->Count);
        for (var i = 0; i < module->Count; i++)
        {
            // Active, table 0: the entry's number, one function.
            scratch->Byte(0);
            scratch->I32Const((int)module->entries[i]);
            scratch->Byte(Wasm.End);
            scratch->Byte(1);
            scratch->U32((uint)i);
        }

        Section(to, Wasm.ElementSection, scratch);

        // Hints are no part of what the code means: without room there are none.
        if (module->hinted > 0 && !module->hints.Full)
        {
            scratch->Clear();
            Text(scratch, "\u0019metadata.code.branch_hint"u8);
            scratch->U32((uint)module->hinted);
            to->Byte(0);
            to->U32((uint)(scratch->Length + module->hints.Length));
            to->Bytes(scratch->Start, scratch->Length);
            to->Bytes(module->hints.Start, module->hints.Length);
        }

        scratch->Clear();
        scratch->U32((uint)module->Count);
        to->Byte(Wasm.CodeSection);
        to->U32((uint)(scratch->Length + module->codes.Length));
        to->Bytes(scratch->Start, scratch->Length);
        to->Bytes(module->codes.Start, module->codes.Length);
        return !to->Full && !scratch->Full;
    }

    /// <summary>Appends a section.</summary>
    public static void Section(CodeBuffer* to, int number, CodeBuffer* content)
    {
        to->Byte(number);
        to->U32((uint)content->Length);
        to->Bytes(content->Start, content->Length);
    }

    private static void Text(CodeBuffer* to, ReadOnlySpan<byte> text)
    {
        foreach (var value in text)
            to->Byte(value);
    }
}
