using System.Globalization;
using System.Reflection;
using System.Text;

namespace Gantry.Compiler.Harness;

/// <summary>One call of an exported method.</summary>
/// <param name="Method">The method, as CoreCLR sees it.</param>
/// <param name="Export">Its name in the module.</param>
/// <param name="Arguments">The arguments, of the parameters' own types.</param>
public sealed record Call(MethodInfo Method, string Export, object[] Arguments)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Method.DeclaringType?.Name}.{Method.Name}({string.Join(", ", Arguments.Select(a => string.Create(CultureInfo.InvariantCulture, $"{a:R}")))})";
}

/// <summary>
/// Which calls are made and how values are written down, so that four runners can be compared as text: the bits in hexadecimal.
/// The one rule that is not "bit for bit": any NaN equals any NaN (WebAssembly leaves payload and sign open, core 4.3.3).
/// </summary>
public static class CallPlan
{
    private const int CallsPerMethod = 120;
    private const int FewestForPairs = 100;

    /// <summary>The calls of all exported methods of an assembly: given inputs if the method has any, else edge values.</summary>
    public static List<Call> Of(Assembly assembly, int callsPerMethod = CallsPerMethod)
    {
        var calls = new List<Call>();
        const BindingFlags all = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        foreach (MethodInfo method in assembly.GetTypes().SelectMany(type => type.GetMethods(all)))
        {
            string? export = method.GetCustomAttribute<WasmExportAttribute>()?.Name;
            if (export is not null) calls.AddRange(Of(method, export, callsPerMethod));
        }

        return calls;
    }

    /// <summary>The text the JavaScript runner reads.</summary>
    public static string Serialize(IEnumerable<Call> calls)
    {
        var text = new StringBuilder();
        foreach (Call call in calls)
        {
            text.Append(call.Export).Append('|');
            foreach (ParameterInfo parameter in call.Method.GetParameters()) text.Append(Letter(parameter.ParameterType));
            text.Append(':').Append(Letter(call.Method.ReturnType)).Append('|');
            text.AppendJoin(',', call.Arguments.Select(argument => Bits(argument).ToString("x", CultureInfo.InvariantCulture))).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A result as text.</summary>
    public static string Format(object? value) => value switch
    {
        null => "",
        float f when float.IsNaN(f) => "nan",
        double d when double.IsNaN(d) => "nan",
        _ => Bits(value).ToString("x", CultureInfo.InvariantCulture),
    };

    /// <summary>The WebAssembly value type of a parameter or result: i, l, f or d; v for none.</summary>
    public static char Letter(Type type) => Type.GetTypeCode(type.IsEnum ? Enum.GetUnderlyingType(type) : type) switch
    {
        TypeCode.Int64 or TypeCode.UInt64 => 'l',
        TypeCode.Single => 'f',
        TypeCode.Double => 'd',
        TypeCode.Object => type == typeof(void) ? 'v' : throw new NotSupportedException($"{type} in an export"),
        _ => 'i',
    };

    /// <summary>A value's bits as its WebAssembly type holds them.</summary>
    public static ulong Bits(object value) => value switch
    {
        bool b => b ? 1u : 0u,
        char c => c,
        byte or ushort or uint => Convert.ToUInt32(value, CultureInfo.InvariantCulture),
        sbyte or short or int => (uint)Convert.ToInt32(value, CultureInfo.InvariantCulture),
        long l => (ulong)l,
        ulong u => u,
        float f => BitConverter.SingleToUInt32Bits(f),
        double d => BitConverter.DoubleToUInt64Bits(d),
        Enum e => Bits(Convert.ChangeType(e, Enum.GetUnderlyingType(e.GetType()), CultureInfo.InvariantCulture)),
        _ => throw new NotSupportedException(value.GetType().ToString()),
    };

    private static IEnumerable<Call> Of(MethodInfo method, string export, int callsPerMethod)
    {
        object?[][] given = [.. method.GetCustomAttributesData()
            .Where(data => data.AttributeType.Name == "InputsAttribute")
            .Select(data => ((IEnumerable<CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!).Select(a => a.Value).ToArray())];
        Type[] types = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        if (given.Length != 0)
        {
            foreach (object?[] inputs in given)
                yield return new Call(method, export, [.. inputs.Select((input, i) => Convert.ChangeType(input!, types[i], CultureInfo.InvariantCulture))]);
            yield break;
        }

        object[][] edges = [.. types.Select(EdgeValues.Of)];
        long product = edges.Aggregate(1L, (sum, list) => Math.Min(sum * list.Length, int.MaxValue));
        if (product <= callsPerMethod)
        {
            for (long i = 0; i < product; i++) yield return new Call(method, export, Pick(edges, i));
            yield break;
        }

        if (types is [var left, var right] && callsPerMethod >= FewestForPairs)
        {
            object[][] extremes = [EdgeValues.ExtremesOf(left), EdgeValues.ExtremesOf(right)];
            int pairs = extremes[0].Length * extremes[1].Length;
            for (int i = 0; i < pairs; i++) yield return new Call(method, export, Pick(extremes, i));
            callsPerMethod = Math.Max(callsPerMethod - pairs, callsPerMethod / 4);
        }

        // A sample that depends on the name only: the same in every run, and in every runner.
        ulong state = export.Aggregate(14695981039346656037UL, (hash, c) => (hash ^ c) * 1099511628211);
        for (int i = 0; i < callsPerMethod; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            yield return new Call(method, export, Pick(edges, (long)(state >> 12) % product));
        }
    }

    private static object[] Pick(object[][] lists, long index)
    {
        var picked = new object[lists.Length];
        for (int i = 0; i < lists.Length; i++)
        {
            picked[i] = lists[i][index % lists[i].Length];
            index /= lists[i].Length;
        }

        return picked;
    }
}
