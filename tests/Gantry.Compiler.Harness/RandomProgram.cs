using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Gantry.Compiler.Harness;

/// <summary>
/// Writes random C# that always terminates and whose result is defined: locals of all types, nested expressions, loops with
/// fuel, structs by value and by reference, with arrays inside, arrays, spans, switches, calls, checked code, floats, vectors. Arithmetic may throw.
/// </summary>
public sealed partial class RandomProgram
{
    private static readonly string[] Integers = ["sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong"];
    private static readonly string[] Scalars = [.. Integers, "float", "double", "bool", "int", "long", "uint", "ulong", "int"];

    private readonly Random random;
    private readonly StringBuilder text = new();
    private readonly List<(string Name, string Type)> variables = [];
    private readonly List<(string Name, string Result, string[] Parameters)> helpers = [];
    private int indent;
    private int next;
    private int loops;
    private int statements;

    private readonly bool vectors;

    private RandomProgram(int seed, bool vectors)
    {
        random = new Random(seed);
        this.vectors = vectors;
    }

    /// <summary>A source file of random methods, the same for the same arguments.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="methods">The number of exported methods; as many helpers that they call come with them.</param>
    /// <param name="vectors">Whether Vector128 occurs.</param>
    public static string Generate(int seed, int methods, bool vectors = true)
    {
        var program = new RandomProgram(seed, vectors);
        program.Header(seed);
        for (int i = 0; i < methods; i++)
        {
            program.Helper(i);
            program.Exported(i);
        }

        return program.text.Append("}\n").ToString();
    }

    // CoreCLR runs these without its optimizer (Debuggable): .NET 10.0.12's gives (uint)array[i] % 7 the sign-extended element, 1 instead of 3 for -1.
    // An oracle that has been seen wrong is no oracle; Gantry.Compiler reads the same IL and ignores the attribute.
    private void Header(int seed) => text.Append(CultureInfo.InvariantCulture, $$"""
        // seed {{seed}}
        using Gantry; using System; using System.Numerics; using System.Runtime.CompilerServices; using System.Runtime.Intrinsics;
        [assembly: System.Diagnostics.Debuggable(true, true)]
        public struct S { public int A; public long B; public byte C; public short D; public double E; public float F; public ulong G; }
        public struct T { public S Inner; public uint A; public sbyte B; public S Other; }
        public unsafe struct Q { public long Head; public fixed int Items[4]; public uint Tail; public sbyte Near; public short Far; public long Last; }
        public static unsafe class R {
          static int fuel; static int s0 = 7; static long s1 = -3; static double s2 = 1.5; static S s3; static readonly int[] table = [3, -1, 4, 1, -5, 9, 2, 6];
          static int Same(float v) => float.IsNaN(v) ? 0 : BitConverter.SingleToInt32Bits(v);
          static long Same(double v) => double.IsNaN(v) ? 0 : BitConverter.DoubleToInt64Bits(v);
          static ulong Mix(ulong h, ulong v) { h ^= v; h *= 0x9E3779B97F4A7C15; return h ^ (h >> 29); }
          static ulong Mix(ulong h, in S s) => Mix(Mix(Mix(Mix(h, (ulong)s.A ^ s.G), (ulong)s.B), (ulong)(s.C | s.D << 8)), (ulong)Same(s.E) ^ (uint)Same(s.F));
          static ulong Mix(ulong h, in T t) => Mix(Mix(Mix(h, t.Inner), t.A ^ (ulong)t.B), t.Other);
          static ulong Mix(ulong h, in Q q) => Mix(Mix(Mix(Mix(Mix(h, (ulong)q.Items[0] ^ (uint)q.Items[1]), (ulong)q.Items[2] ^ (uint)q.Items[3]), (ulong)q.Head), (ulong)q.Last), (ulong)(q.Tail ^ q.Near ^ q.Far));
          static ulong Mix(ulong h, Vector128<int> v) => Mix(Mix(h, v.AsUInt64().ToScalar()), v.AsUInt64().GetElement(1));

        """);

    private void Helper(int index)
    {
        Begin();
        string result = Pick("int", "long", "uint", "double", "S", "byte", "bool");
        string[] parameters = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Pick("int", "long", "uint", "ulong", "short", "byte", "float", "double", "S", "ref int", "ref S", "in S", "ref Q", "ref Q", "Q"))];
        string name = $"H{index}";
        var list = new List<string>();
        foreach (string parameter in parameters)
        {
            string variable = $"p{next++}";
            list.Add($"{parameter} {variable}");
            if (!parameter.StartsWith("in ", StringComparison.Ordinal)) variables.Add((variable, parameter.Replace("ref ", "", StringComparison.Ordinal)));
        }

        string attribute = random.Next(3) switch
        {
            0 => "[MethodImpl(MethodImplOptions.NoInlining)] ",
            1 => "[MethodImpl(MethodImplOptions.AggressiveInlining)] ",
            _ => "",
        };
        Line($"  {attribute}static {result} {name}({string.Join(", ", list)}) {{ {(random.Next(3) == 0 ? "checked" : "unchecked")} {{");
        indent = 2;
        Line("if (--fuel < 0) return default;");
        statements = random.Next(1, 7);
        Block(2);
        Line($"return {Expression(result, 3)};");
        Line("} }");
        helpers.Add((name, result, parameters));
    }

    private void Exported(int index)
    {
        Begin();
        string[] parameters = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick("int", "long", "uint", "ulong", "short", "byte", "float", "double"))];
        var list = new List<string>();
        foreach (string parameter in parameters)
        {
            string variable = $"a{next++}";
            list.Add($"{parameter} {variable}");
            variables.Add((variable, parameter));
        }

        Line(string.Create(CultureInfo.InvariantCulture, $"  [WasmExport(\"r{index}\")] public static ulong M{index}({string.Join(", ", list)}) {{ {(random.Next(4) == 0 ? "checked" : "unchecked")} {{"));
        indent = 2;
        Line("fuel = 300; s0 = 7; s1 = -3; s2 = 1.5; s3 = default;");
        for (int i = random.Next(3, 8); i > 0; i--) Declare(3);
        statements = random.Next(4, 20);
        Block(3);
        Line("ulong hash = 0; unchecked {");
        foreach ((string name, string type) in variables) Line($"hash = {Hash(name, type)};");
        Line("hash = Mix(Mix(Mix(hash, (ulong)s0), (ulong)s1), (ulong)Same(s2)); hash = Mix(hash, s3);");
        Line("} return hash;");
        Line("} }");
    }

    private static string Hash(string name, string type) => type switch
    {
        "float" or "double" => $"Mix(hash, (ulong)Same({name}))",
        "bool" => $"Mix(hash, {name} ? 1u : 0u)",
        "S" or "T" or "Q" or "Vector128<int>" => $"Mix(hash, {name})",
        "int[]" => $"Mix(hash, (ulong)({name}[0] ^ {name}[5] ^ {name}[7]))",
        _ => $"Mix(hash, (ulong){name})",
    };

    private void Begin()
    {
        variables.Clear();
        loops = 0;
    }

    private void Declare(int depth)
    {
        string type = random.Next(14) switch { 0 => "S", 1 => "T", 2 => "int[]", 3 when vectors => "Vector128<int>", 4 => "S", 5 or 6 => "Q", _ => Scalar() };
        string name = $"v{next}";
        string value = type switch
        {
            "T" => $"new T {{ A = {Expression("uint", 2)}, Inner = {Expression("S", 2)} }}",
            "int[]" => $"[{string.Join(", ", Enumerable.Range(0, 8).Select(_ => Expression("int", 1)))}]",
            _ => Expression(type, depth),
        };
        Line($"{type} {name} = {value};");
        next++;
        variables.Add((name, type));
    }

    private void Block(int depth)
    {
        int visible = variables.Count;
        int count = random.Next(1, 5);
        for (int i = 0; i < count && statements > 0; i++)
        {
            statements--;
            Statement(depth);
        }

        variables.RemoveRange(visible, variables.Count - visible);
    }

    private void Statement(int depth)
    {
        switch (random.Next(depth <= 0 ? 5 : 14))
        {
            case 0 or 1 or 2: Assign(); break;
            case 3: Compound(); break;
            case 4: Line($"s{random.Next(3)} = {(random.Next(2) == 0 ? Pick("1", "5", "9") : "s0")};"); break;
            case 5:
                Line($"if ({Expression("bool", 3)}) {{");
                Nested(depth);
                if (random.Next(2) == 0)
                {
                    Line("} else {");
                    Nested(depth);
                }

                Line("}");
                break;
            case 6:
                string counter = $"i{next++}";
                Line(string.Create(CultureInfo.InvariantCulture, $"for (int {counter} = {random.Next(-2, 3)}; {counter} < {random.Next(1, 7)}{Fuel}; {counter}++) {{"));
                loops++;
                Nested(depth);
                Exit();
                loops--;
                Line("}");
                break;
            case 7:
                Line($"while ({Expression("bool", 2)}{Fuel}) {{");
                loops++;
                Nested(depth);
                Exit();
                loops--;
                Line("}");
                break;
            case 8:
                Line($"switch ({Expression("int", 2)} & 7) {{");
                int skipped = random.Next(8);
                for (int i = 0; i < 8; i++)
                {
                    if (i == skipped) continue;
                    Line(string.Create(CultureInfo.InvariantCulture, $"case {i}: {{"));
                    if (random.Next(3) != 0) Nested(depth - 1);
                    Line("} break;");
                }

                Line("default: " + (random.Next(2) == 0 ? "s0++;" : "") + " break; }");
                break;
            case 9:
                Line("try {");
                Nested(depth);
                Line("} finally {");
                int outer = loops;
                loops = 0;
                Nested(depth - 1);
                loops = outer;
                Line("}");
                break;
            case 10: Call(); break;
            case 11: Declare(3); break;
            case 12: Reference(); break;
            default: Line($"{(random.Next(2) == 0 ? "checked" : "unchecked")} {{"); Nested(depth); Line("}"); break;
        }
    }

    private void Nested(int depth)
    {
        indent++;
        Block(depth - 1);
        indent--;
    }

    // Every iteration and every helper's entry takes from one account, so that all ends soon, recursion of loops and calls included.
    private const string Fuel = " && --fuel > 0";

    private void Exit()
    {
        if (random.Next(3) == 0) Line($"if ({Expression("bool", 2)}) {Pick("break", "continue")};");
    }

    private void Assign()
    {
        (string target, string type) = Target();
        Line($"{target} = {Expression(type, 4)};");
    }

    private void Compound()
    {
        (string target, string type) = Target();
        if (type == "bool") Line($"{target} {Pick("^", "|", "&")}= {Expression("bool", 2)};");
        else if (type is "S" or "Q" or "Vector128<int>") Line($"{target} = {Expression(type, 2)};");
        else if (type is "float" or "double") Line($"{target} {Pick("+", "-", "*", "/")}= {Expression(type, 2)};");
        else if (random.Next(3) == 0) Line($"{target}{Pick("++", "--")};");
        else Line($"{target} {Pick("+", "-", "*", "^", "|", "&", "<<", ">>", ">>>")}= {(type is "uint" or "ulong" or "long" or "int" ? $"{Constant("byte")}" : "3")};");
    }

    private void Reference()
    {
        string type = Pick("int", "long", "S", "double");
        (string Name, string Type)[] all = [.. variables.Where(v => v.Type == type)];
        if (all.Length == 0)
        {
            Assign();
            return;
        }

        string name = $"r{next++}";
        Line($"ref {type} {name} = ref {(all.Length > 1 && random.Next(2) == 0 ? $"({Expression("bool", 2)} ? ref {all[0].Name} : ref {all[^1].Name})" : all[random.Next(all.Length)].Name)};");
        Line($"{name} = {Expression(type, 3)};");
        if (type != "S") Line($"{name}++;");
        else Line($"{name}.A ^= {Expression("int", 2)};");
    }

    private void Call()
    {
        if (helpers.Count == 0) return;
        string call = Invoke(helpers[random.Next(Math.Max(0, helpers.Count - 6), helpers.Count)], 2);
        Line(call.Length == 0 ? "s0++;" : $"_ = {call};");
    }

    private string Invoke((string Name, string Result, string[] Parameters) helper, int depth)
    {
        var arguments = new List<string>();
        foreach (string parameter in helper.Parameters)
        {
            string type = parameter[(parameter.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            if (parameter.StartsWith("ref ", StringComparison.Ordinal))
            {
                string[] fitting = [.. variables.Where(v => v.Type == type).Select(v => v.Name)];
                if (fitting.Length == 0) return "";
                arguments.Add("ref " + fitting[random.Next(fitting.Length)]);
            }
            else
            {
                arguments.Add(Expression(type, depth - 1));
            }
        }

        return $"{helper.Name}({string.Join(", ", arguments)})";
    }

    private (string Target, string Type) Target()
    {
        if (variables.Count == 0) return ("s0", "int");
        (string name, string type) = variables[random.Next(variables.Count)];
        switch (type)
        {
            case "S":
                (string field, string fieldType) = Field();
                return random.Next(4) == 0 ? (name, "S") : ($"{name}.{field}", fieldType);
            case "T":
                if (random.Next(3) == 0) return ($"{name}.A", "uint");
                (field, fieldType) = Field();
                return random.Next(4) == 0 ? ($"{name}.Other", "S") : ($"{name}.{Pick("Inner", "Other")}.{field}", fieldType);
            case "Q":
                return random.Next(5) switch
                {
                    0 => (name, "Q"),
                    1 => ($"{name}.Head", "long"),
                    2 => random.Next(2) == 0 ? ($"{name}.Near", "sbyte") : ($"{name}.Last", "long"),
                    _ => (Item(name, Expression(Pick("int", "uint"), 1)), "int"),
                };
            case "int[]":
                return ($"{name}[{Expression("int", 2)} & 7]", "int");
            default:
                return (name, type);
        }
    }

    // Without a check, and with 7 beyond the array: it reaches what lies behind it in the struct.
    private string Item(string name, string index) => $"{name}.Items[{index} & {Pick("1", "3", "3", "2", "7")}]";

    private (string Name, string Type) Field() => random.Next(7) switch
    {
        0 => ("A", "int"),
        1 => ("B", "long"),
        2 => ("C", "byte"),
        3 => ("D", "short"),
        4 => ("E", "double"),
        5 => ("F", "float"),
        _ => ("G", "ulong"),
    };

    private string Expression(string type, int depth)
    {
        if (depth <= 0 || random.Next(6) == 0) return Leaf(type);
        if (random.Next(9) == 0)
        {
            (string Name, string Result, string[] Parameters)[] fitting = [.. helpers.TakeLast(6).Where(h => h.Result == type)];
            string call = fitting.Length == 0 ? "" : Invoke(fitting[random.Next(fitting.Length)], depth);
            if (call.Length != 0) return call;
        }

        if (random.Next(10) == 0) return $"({Expression("bool", depth - 1)} ? {Expression(type, depth - 1)} : {Expression(type, depth - 1)})";
        switch (type)
        {
            case "bool":
                string compared = Scalar();
                if (compared == "bool") return random.Next(2) == 0 ? $"!{Expression("bool", depth - 1)}" : $"({Expression("bool", depth - 1)} {Pick("&&", "||", "^", "&", "|", "==")} {Expression("bool", depth - 1)})";
                return $"({Expression(compared, depth - 1)} {Pick("<", ">", "<=", ">=", "==", "!=")} {Expression(compared, depth - 1)})";
            case "float" or "double":
                return random.Next(4) switch
                {
                    0 => $"({type}){Expression(Pick([.. Integers, "float", "double"]), depth - 1)}",
                    1 => $"{(type == "float" ? "MathF" : "Math")}.{Pick("Sqrt", "Floor", "Abs", "Ceiling", "Truncate")}({Expression(type, depth - 1)})",
                    _ => $"({Expression(type, depth - 1)} {Pick("+", "-", "*", "/")} {Expression(type, depth - 1)})",
                };
            case "Q":
                return Leaf(type);
            case "S":
                return $"new S {{ A = {Expression("int", depth - 1)}, {Pick("B", "B", "C = 3, B")} = {Expression("long", depth - 1)}, D = {Expression("short", depth - 1)}, E = {Expression("double", depth - 1)} }}";
            case "Vector128<int>":
                return random.Next(5) switch
                {
                    0 => $"Vector128.Create({Expression("int", depth - 1)}, {Expression("int", depth - 1)}, 3, {Expression("int", depth - 1)})",
                    1 => $"Vector128.{Pick("Min", "Max", "Equals", "GreaterThan")}({Expression(type, depth - 1)}, {Expression(type, depth - 1)})",
                    2 => $"({Expression(type, depth - 1)} {Pick("<<", ">>", ">>>")} {random.Next(33)})",
                    3 => $"Vector128.Create({Expression("int", depth - 1)})",
                    _ => $"({Expression(type, depth - 1)} {Pick("+", "-", "*", "&", "|", "^")} {Expression(type, depth - 1)})",
                };
            default:
                return Integer(type, depth);
        }
    }

    private string Integer(string type, int depth)
    {
        string work = type is "int" or "uint" or "long" or "ulong" ? type : "int";
        string expression = random.Next(10) switch
        {
            0 => $"({type}){Expression(Pick([.. Integers, "float", "double"]), depth - 1)}",
            1 => $"({type})({Expression(work, depth - 1)} {Pick("<<", ">>", ">>>")} {(random.Next(2) == 0 ? Constant("byte") : $"unchecked((int){Expression(Pick("int", "byte", "long"), depth - 1)})")})",
            2 => $"({type})({Expression(work, depth - 1)} {Pick("/", "%")} ({Expression(work, depth - 1)} | 1))",
            3 => $"({type})~{Expression(work, depth - 1)}",
            4 => $"({type})BitOperations.{Pick("PopCount", "LeadingZeroCount", "TrailingZeroCount", "Log2")}({(random.Next(2) == 0 ? Unchecked("uint", depth) : Unchecked("ulong", depth))})",
            5 => $"({type})table[{Expression("int", depth - 1)} & 7]",
            6 => $"({type})Math.{Pick("Min", "Max")}({Expression(work, depth - 1)}, {Expression(work, depth - 1)})",
            _ => $"({type})({Expression(work, depth - 1)} {Pick("+", "-", "*", "&", "|", "^")} {Expression(work, depth - 1)})",
        };
        // A constant that overflows is an error of the language: constants are only folded unchecked.
        if (!HasVariable().IsMatch(expression)) return $"unchecked({expression})";
        return random.Next(25) == 0 ? $"checked({expression})" : random.Next(3) == 0 ? $"unchecked({expression})" : $"({expression})";
    }

    [GeneratedRegex(@"\b[aprsvH][0-9]|\btable\[")]
    private static partial Regex HasVariable();

    private string Unchecked(string type, int depth) => $"unchecked({Expression(type, depth - 1)})";

    private string Leaf(string type)
    {
        var fitting = new List<string>();
        foreach ((string name, string variable) in variables)
        {
            if (variable == type) fitting.Add(name);
            if (variable == "S" && type is "int" or "long" or "byte" or "short" or "double" or "float" or "ulong" && variable == "S")
                fitting.Add(name + type switch { "int" => ".A", "long" => ".B", "byte" => ".C", "short" => ".D", "double" => ".E", "float" => ".F", _ => ".G" });
            if (variable == "Q" && type is "int") fitting.Add(random.Next(3) == 0 ? $"{name}.Items[{random.Next(4)}]" : Item(name, "s0"));
            if (variable == "Q" && (type is "long" or "uint" or "short")) fitting.Add(name + type switch { "long" => random.Next(2) == 0 ? ".Head" : ".Last", "uint" => ".Tail", _ => ".Far" });
            if (variable == "T" && type == "S") fitting.Add($"{name}.Inner");
            if (variable == "T" && type == "uint") fitting.Add($"{name}.A");
            if (variable == "int[]" && type == "int") fitting.Add($"{name}[3]");
            if (variable == "Vector128<int>" && type == "int") fitting.Add($"{name}.GetElement(2)");
        }

        if (type == "int") fitting.Add("s0");
        if (type == "long") fitting.Add("s1");
        if (type == "double") fitting.Add("s2");
        if (type == "S") fitting.Add("s3");
        return fitting.Count != 0 && random.Next(4) != 0 ? fitting[random.Next(fitting.Count)] : Constant(type);
    }

    private string Constant(string type) => type switch
    {
        "bool" => Pick("true", "false"),
        "S" => "default(S)",
        "Q" => "default(Q)",
        "Vector128<int>" => "Vector128.Create(1, -2, 3, int.MinValue)",
        "float" => Pick("0f", "1.5f", "-2.25f", "1e10f", "3e-5f", "float.MaxValue", "-0f", "16777216f"),
        "double" => Pick("0.0", "1.5", "-2.25", "1e10", "3e-5", "double.MaxValue", "-0.0", "4294967296.0", "1e300"),
        "sbyte" => Pick("(sbyte)0", "(sbyte)1", "(sbyte)-1", "sbyte.MaxValue", "sbyte.MinValue", "(sbyte)77"),
        "byte" => Pick("(byte)0", "(byte)1", "(byte)31", "(byte)33", "byte.MaxValue", "(byte)128"),
        "short" => Pick("(short)0", "(short)1", "(short)-1", "short.MaxValue", "short.MinValue", "(short)1000"),
        "ushort" => Pick("(ushort)0", "(ushort)1", "(ushort)256", "ushort.MaxValue", "(ushort)0x8000"),
        "int" => Pick("0", "1", "-1", "2", "7", "31", "32", "64", "255", "0x7FFF", "65536", "int.MaxValue", "int.MinValue", "0x12345678", "1000003"),
        "uint" => Pick("0u", "1u", "2u", "31u", "32u", "255u", "65536u", "uint.MaxValue", "0x80000000u", "0x9E3779B9u"),
        "long" => Pick("0L", "1L", "-1L", "63L", "64L", "4294967296L", "long.MaxValue", "long.MinValue", "0x123456789ABCDEFL", "-1000000007L"),
        _ => Pick("0UL", "1UL", "63UL", "4294967295UL", "ulong.MaxValue", "0x8000000000000000UL", "0x9E3779B97F4A7C15UL"),
    };

    private string Scalar() => Scalars[random.Next(Scalars.Length)];

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];

    private void Line(string line) => text.Append(' ', indent * 2).Append(line).Append('\n');
}
