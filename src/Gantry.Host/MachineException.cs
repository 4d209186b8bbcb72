namespace Gantry.Host;

/// <summary>A machine could not be made or cannot go on; the message says why in words for the user.</summary>
public sealed class MachineException : Exception
{
    /// <summary>With a message.</summary>
    public MachineException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and what caused it.</summary>
    public MachineException(string message, Exception cause)
        : base(message, cause)
    {
    }

    /// <summary>Without words.</summary>
    public MachineException()
    {
    }
}
