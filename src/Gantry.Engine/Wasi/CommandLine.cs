namespace Gantry.Engine.Wasi;

/// <summary>What the WASI host gave: arguments and environment.</summary>
/// <remarks><c>out.wasm [--entrypoint X] [--env K=V]… [--user U] [--workdir D] [--hostname H] [--no-stdin] [--memory-report] [--] [COMMAND ARG…]</c></remarks>
internal unsafe struct CommandLine
{
    /// <summary>Bytes of all arguments and variables with their zeros.</summary>
    public uint Bytes;

    /// <summary>How many arguments and variables there are together.</summary>
    public uint Count;

    public Text Entrypoint;
    public Text User;
    public Text Cwd;
    public Text Hostname;
    public bool HasEntrypoint;
    public bool NoStdin;
    public bool MemoryReport;

    private uint* arguments;
    private uint argumentCount;
    private uint commandStart;
    private uint* variables;
    private uint variableCount;

    /// <summary>How many words the command has.</summary>
    public readonly uint CommandCount => argumentCount - commandStart;

    /// <summary>How many variables the WASI host gave.</summary>
    public readonly uint VariableCount => variableCount;

    /// <summary>A word of the command.</summary>
    public readonly Text Command(uint index) => Argument(commandStart + index);

    /// <summary>A variable of the WASI host's environment, <c>NAME=value</c>.</summary>
    public readonly Text Variable(uint index) => Text.OfZeroTerminated((byte*)(nuint)variables[index]);

    /// <summary>Finds a variable's value.</summary>
    public readonly bool Find(ReadOnlySpan<byte> nameAndEquals, out Text value)
    {
        for (uint i = 0; i < variableCount; i++)
        {
            value = Variable(i);
            if (value.StartsWith(nameAndEquals))
            {
                value = value.Skip((uint)nameAndEquals.Length);
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Reads arguments and environment; ends the process on a mistake in them.</summary>
    public void Load()
    {
        uint bytes = 0;
        uint count = 0;
        if (Preview1.args_sizes_get(&count, &bytes) != 0)
            Messages.Fail("the runtime gives no arguments"u8);
        argumentCount = count;
        Count = count;
        Bytes = bytes;
        arguments = (uint*)Allocation.Bytes((count + 1) * sizeof(uint));
        Preview1.args_get(arguments, Allocation.Bytes(bytes + 1));
        if (Preview1.environ_sizes_get(&count, &bytes) == 0)
        {
            variables = (uint*)Allocation.Bytes((count + 1) * sizeof(uint));
            if (Preview1.environ_get(variables, Allocation.Bytes(bytes + 1)) == 0)
            {
                variableCount = count;
                Count += count;
                Bytes += bytes;
            }
        }

        Parse();
    }

    /// <summary>The next <c>--env</c> option at or after <paramref name="index"/> (start with 1), which moves behind it.</summary>
    public readonly bool NextVariableOption(ref uint index, out Text variable)
    {
        while (index < commandStart)
        {
            var argument = Argument(index++);
            if (TakesValue(argument, out var isEnv))
            {
                if (isEnv && index < commandStart)
                {
                    variable = Argument(index++);
                    return true;
                }

                index++;
            }
            else if (argument.StartsWith("--env="u8))
            {
                variable = argument.Skip(6);
                return true;
            }
        }

        variable = default;
        return false;
    }

    private readonly Text Argument(uint index) => Text.OfZeroTerminated((byte*)(nuint)arguments[index]);

    private static bool TakesValue(Text argument, out bool isEnv)
    {
        isEnv = argument.Is("--env"u8);
        return isEnv || argument.Is("--entrypoint"u8) || argument.Is("--user"u8) || argument.Is("--workdir"u8) || argument.Is("--hostname"u8);
    }

    private void Parse()
    {
        uint i = argumentCount == 0 ? 0u : 1;
        while (i < argumentCount)
        {
            var argument = Argument(i);
            if (argument.Length == 0 || argument.At[0] != (byte)'-')
                break;
            i++;
            if (argument.Is("--"u8))
                break;
            if (argument.Is("--no-stdin"u8))
                NoStdin = true;
            else if (argument.Is("--memory-report"u8))
                MemoryReport = true;
            else if (argument.Is("--help"u8))
                Help();
            else if (TakesValue(argument, out _))
            {
                if (i == argumentCount)
                    Messages.Fail("a value is missing after "u8, argument);
                Set(argument, Argument(i++));
            }
            else
            {
                var equals = argument.IndexOf((byte)'=');
                var name = argument;
                name.Length = equals;
                if (equals == argument.Length || !TakesValue(name, out _))
                    Messages.Fail("unknown option (--help lists them; put -- before a command that begins with a dash): "u8, argument);
                Set(name, argument.Skip(equals + 1));
            }
        }

        commandStart = i;
    }

    private void Set(Text name, Text value)
    {
        if (name.Is("--entrypoint"u8))
        {
            Entrypoint = value;
            HasEntrypoint = true;
        }
        else if (name.Is("--user"u8))
            User = value;
        else if (name.Is("--workdir"u8))
            Cwd = value;
        else if (name.Is("--hostname"u8))
            Hostname = value;
        else if (value.IndexOf((byte)'=') is var equals && (equals == 0 || equals == value.Length))
            Messages.Fail("--env wants NAME=value, not "u8, value);
    }

    private static void Help()
    {
        Messages.Say("""
            A Linux container as a WebAssembly module, made by gantry.
            Usage: out.wasm [OPTION…] [--] [COMMAND ARG…]
              --entrypoint PROGRAM   instead of the image's entrypoint
              --env NAME=value       set a variable (may be repeated); variables of the runtime are passed on too
              --user USER[:GROUP]    names or numbers
              --workdir FOLDER       where to start
              --hostname NAME        name of the machine
              --no-stdin             the program reads end of file
              --memory-report        say at the end what was used
            Folders that the runtime preopens appear under their guest paths.

            """u8);
        Preview1.proc_exit(0);
    }
}
