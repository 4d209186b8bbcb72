using System.Diagnostics;
using System.Globalization;
using Gantry.Compiler.Import;
using Gantry.Compiler.TypeSystem;

namespace Gantry.Compiler.Diagnostics;

/// <summary>A mistake of the compiler's own while it worked on one method.</summary>
internal sealed class InternalErrorException(MethodDesc method, Exception cause) : Exception(cause.Message, cause)
{
    public MethodDesc Method { get; } = method;
}

/// <summary>
/// Which exceptions are about the input, and how those that are not are told. An exception that no check of the importer threw is
/// a mistake of the compiler: its user is asked to report it, not to look for a mistake in the program.
/// </summary>
internal static class InternalError
{
    /// <summary>With GANTRY_COMPILER_DEBUG=1 such an exception ends the compiler, with its stack trace.</summary>
    public static bool IsCaught => Environment.GetEnvironmentVariable("GANTRY_COMPILER_DEBUG") != "1";

    /// <summary>Whether an exception tells of something in the input: outside of the subset, missing, or damaged.</summary>
    public static bool IsOfInput(Exception e) => e is UnsupportedException or InvalidILException or TypeSystemException or BadImageFormatException;

    /// <summary>What is said of an exception that came up while a method was compiled.</summary>
    public static string Describe(Exception e) => e switch
    {
        UnsupportedException or TypeSystemException => e.Message,
        InvalidILException or BadImageFormatException => $"the IL is not valid: {e.Message.TrimEnd('.')}; build the assembly anew, or report it if a C# compiler made it",
        _ => $"internal compiler error, not a mistake in this method: {e.GetType().Name}{Place(e)}: {e.Message.TrimEnd('.')}; please report it with the method's source (GANTRY_COMPILER_DEBUG=1 shows the stack trace)",
    };

    /// <summary>The compiler's own method that failed: the innermost frame that is not the base library's.</summary>
    private static string Place(Exception e)
    {
        foreach (var frame in new StackTrace(e, fNeedFileInfo: true).GetFrames())
        {
            var method = frame.GetMethod();
            if (method?.DeclaringType is not { } type || type.Assembly != typeof(InternalError).Assembly)
                continue;
            var line = frame.GetFileLineNumber();
            return string.Create(CultureInfo.InvariantCulture, $" in {type.Name}.{method.Name}{(line > 0 ? ", line " : "")}{(line > 0 ? line : "")}");
        }

        return "";
    }
}
