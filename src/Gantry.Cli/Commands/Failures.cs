using System.CommandLine;
using Gantry.Converter;
using Gantry.Host;
using Gantry.Images;

namespace Gantry.Cli.Commands;

/// <summary>Our own failures: one line on standard error, status 125 as docker's.</summary>
internal static class Failures
{
    /// <summary>Docker's status for a failure that is not the container's process's.</summary>
    public const int Status = 125;

    /// <summary>Wraps a command's action.</summary>
    public static void SetAction(Command command, Func<ParseResult, CancellationToken, Task<int>> action) =>
        command.SetAction(async (arguments, cancellation) =>
        {
            try
            {
                return await action(arguments, cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is ConverterException or ImageException or MachineException or IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"gantry: {exception.Message}").ConfigureAwait(false);
                return Status;
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync("gantry: stopped").ConfigureAwait(false);
                return Status;
            }
        });
}
