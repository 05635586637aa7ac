"""The script that Streamlit runs at every visit."""

from logos.ui.streamlit.navigation import run

if __name__ == "__main__":  # Streamlit runs it under this name
    run()
